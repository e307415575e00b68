import { CString, dlopen, type FFIFunction, FFIType } from "bun:ffi";
import { statSync } from "node:fs";
import { isAbsolute } from "node:path";

/**
 * Where NVIDIA's management library lies, by distribution; the only files that are loaded, by absolute path, since a bare
 * name is searched in the working folder.
 */
export const NVML_PATHS: readonly string[] = [
  "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1",
  "/usr/lib/aarch64-linux-gnu/libnvidia-ml.so.1",
  "/usr/lib/wsl/lib/libnvidia-ml.so.1",
  "/usr/lib64/libnvidia-ml.so.1",
  "/usr/lib/libnvidia-ml.so.1",
  "/run/opengl-driver/lib/libnvidia-ml.so.1",
];

/**
 * Whether a file that an environment variable names may be loaded or run in place of the driver's: an absolute path to a
 * plain file of root or of this user, which nobody else may write. Who can set the variable can start programs as this
 * user anyway; this keeps a path into somebody else's folder out.
 */
export function isOwnFile(path: string): boolean {
  if (!isAbsolute(path)) return false;
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isFile()) return false;
  return (stats.mode & 0o022) === 0 && (stats.uid === 0 || stats.uid === process.getuid?.());
}

const { i32, u32, u64, ptr } = FFIType;
/** `nvmlDevice_t`, an opaque pointer that is never followed: a number, so that no address is interpreted. */
const DEVICE = u64;

const number = { returns: i32 } as const;

/** Every driver since 2012 has these (nvml.h, "NVML API Reference Guide"). */
const REQUIRED = {
  nvmlInit_v2: { args: [], ...number },
  nvmlShutdown: { args: [], ...number },
  nvmlErrorString: { args: [i32], returns: ptr },
  nvmlSystemGetDriverVersion: { args: [ptr, u32], ...number },
  nvmlDeviceGetCount_v2: { args: [ptr], ...number },
  nvmlDeviceGetHandleByIndex_v2: { args: [u32, ptr], ...number },
  nvmlDeviceGetName: { args: [DEVICE, ptr, u32], ...number },
  nvmlDeviceGetUUID: { args: [DEVICE, ptr, u32], ...number },
  nvmlDeviceGetMemoryInfo: { args: [DEVICE, ptr], ...number },
  nvmlDeviceGetUtilizationRates: { args: [DEVICE, ptr], ...number },
  nvmlDeviceGetTemperature: { args: [DEVICE, u32, ptr], ...number },
  nvmlDeviceGetPowerUsage: { args: [DEVICE, ptr], ...number },
  nvmlDeviceGetClockInfo: { args: [DEVICE, u32, ptr], ...number },
} as const satisfies Record<string, FFIFunction>;

/** A function of the library that a driver may lack: it fills a buffer and returns a code. */
export type Optional = (...args: readonly (number | bigint | NodeJS.TypedArray)[]) => number;

/** What may be missing, with its arguments. */
const OPTIONAL = {
  nvmlSystemGetCudaDriverVersion_v2: [ptr],
  nvmlSystemGetProcessName: [u32, ptr, u32],
  nvmlDeviceGetMemoryInfo_v2: [DEVICE, ptr],
  nvmlDeviceGetEnforcedPowerLimit: [DEVICE, ptr],
  nvmlDeviceGetCurrentClocksEventReasons: [DEVICE, ptr],
  nvmlDeviceGetCurrentClocksThrottleReasons: [DEVICE, ptr],
  nvmlDeviceGetComputeRunningProcesses_v3: [DEVICE, ptr, ptr],
  nvmlDeviceGetComputeRunningProcesses_v2: [DEVICE, ptr, ptr],
  nvmlDeviceGetGraphicsRunningProcesses_v3: [DEVICE, ptr, ptr],
  nvmlDeviceGetGraphicsRunningProcesses_v2: [DEVICE, ptr, ptr],
} as const;

function openRequired(path: string) {
  return dlopen(path, REQUIRED);
}

/** The library, opened. */
export interface Nvml {
  readonly required: ReturnType<typeof openRequired>["symbols"];
  /** Null for what this driver lacks. */
  optional(name: keyof typeof OPTIONAL): Optional | null;
  /** What a code means, in the library's words. */
  explain(code: number): string;
}

/** Opening it costs a search of the process' libraries each: each function is looked up once. */
function optionalFunctions(path: string): Nvml["optional"] {
  const found = new Map<string, Optional | null>();
  const open = (name: keyof typeof OPTIONAL): Optional | null => {
    try {
      return dlopen(path, { [name]: { args: [...OPTIONAL[name]], ...number } }).symbols[name] as Optional;
    } catch {
      return null;
    }
  };
  return (name) => {
    const known = found.get(name);
    if (known !== undefined) return known;
    const opened = open(name);
    found.set(name, opened);
    return opened;
  };
}

/** Loads the library from a path; null where there is none, or not one that we can use. */
export function openNvml(path: string): Nvml | null {
  try {
    const { symbols } = openRequired(path);
    return {
      required: symbols,
      optional: optionalFunctions(path),
      explain: (code) => {
        const text = symbols.nvmlErrorString(code);
        return typeof text === "number" ? `${new CString(text)} (code ${code})` : `code ${code}`;
      },
    };
  } catch {
    return null;
  }
}
