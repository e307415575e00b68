import { type GpuProcess, type GpuReading, type GpuReport, noGpu, throttleWords } from "../../core/gpu/gpu.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { Nvml, Optional } from "./nvml.ts";

const OK = 0;
const INSUFFICIENT_SIZE = 7;
/** Codes after which the library must be opened anew, or the card is gone: UNINITIALIZED, DRIVER_NOT_LOADED, GPU_IS_LOST, RESET_REQUIRED. */
const FATAL: readonly number[] = [1, 9, 15, 16];
/** `NVML_VALUE_NOT_AVAILABLE` as an unsigned 64-bit number. */
const NOT_AVAILABLE = 0xffff_ffff_ffff_ffffn;
const TEXT_BYTES = 96;
const PATH_BYTES = 1024;
/** `nvmlProcessInfo_v2_t`: pid (u32), padding, usedGpuMemory (u64), two instance ids (u32). */
const PROCESS_BYTES = 24;
const MOST_PROCESSES = 4_096;
const MOST_CARDS = 64;
/** `nvmlMemory_v2`: the size of the structure, and its version above it. */
const MEMORY_V2 = 40n | (2n << 24n);
const GRAPHICS_CLOCK = 0;
const MEMORY_CLOCK = 2;
const CORE_SENSOR = 0;

/** Reads every card, again and again. */
export interface NvmlReader {
  /** The cards now; a failure where the library has to be opened again. */
  read(at: number): Result<GpuReport, string>;
  close(): void;
}

type Device = bigint;

function readText(call: (buffer: Buffer, length: number) => number, length = TEXT_BYTES): string | null {
  const buffer = Buffer.alloc(length);
  if (call(buffer, length) !== OK) return null;
  const end = buffer.indexOf(0);
  const text = buffer.toString("utf8", 0, end < 0 ? length : end);
  return text === "" ? null : text;
}

function readU32(call: (into: Uint32Array) => number): number | null {
  const into = new Uint32Array(1);
  return call(into) === OK ? (into[0] ?? null) : null;
}

function percent(value: number | undefined): number | null {
  return value === undefined || value > 100 ? null : value;
}

function throttleOf(nvml: Nvml, device: Device): readonly string[] | null {
  const call =
    nvml.optional("nvmlDeviceGetCurrentClocksEventReasons") ??
    nvml.optional("nvmlDeviceGetCurrentClocksThrottleReasons");
  const into = new BigUint64Array(1);
  return call?.(device, into) === OK ? throttleWords(into[0] ?? 0n) : null;
}

function processName(nvml: Nvml, pid: number): string | null {
  const call = nvml.optional("nvmlSystemGetProcessName");
  return call === null ? null : readText((buffer, length) => call(pid, buffer, length), PATH_BYTES);
}

/** The list may grow between asking for its length and asking for it: twice the length is asked for, a few times. */
function listProcesses(call: Optional | null, device: Device): Buffer | null {
  if (call === null) return null;
  const count = new Uint32Array([16]);
  for (let attempt = 0; attempt < 4; attempt += 1) {
    const room = Math.min(MOST_PROCESSES, count[0] ?? 0);
    const buffer = Buffer.alloc(Math.max(1, room) * PROCESS_BYTES);
    count[0] = room;
    const code = call(device, count, buffer);
    if (code === OK) return buffer.subarray(0, Math.min(room, count[0] ?? 0) * PROCESS_BYTES);
    if (code !== INSUFFICIENT_SIZE) return null;
    count[0] = Math.max(room, count[0] ?? 0) * 2;
  }
  return null;
}

function processesOf(nvml: Nvml, device: Device): readonly GpuProcess[] | null {
  const either = (kind: "Compute" | "Graphics") =>
    nvml.optional(`nvmlDeviceGet${kind}RunningProcesses_v3`) ??
    nvml.optional(`nvmlDeviceGet${kind}RunningProcesses_v2`);
  const lists = [listProcesses(either("Compute"), device), listProcesses(either("Graphics"), device)];
  if (lists.every((list) => list === null)) return null;
  const found = new Map<number, GpuProcess>();
  for (const list of lists) {
    for (let at = 0; list !== null && at < list.length; at += PROCESS_BYTES) {
      const pid = list.readUInt32LE(at);
      const memory = list.readBigUInt64LE(at + 8);
      const memoryBytes = memory === NOT_AVAILABLE ? null : Number(memory);
      // A program that computes and draws is in both lists, with the same memory.
      if (!found.has(pid)) found.set(pid, { pid, name: processName(nvml, pid), memoryBytes });
    }
  }
  return [...found.values()].sort((left, right) => (right.memoryBytes ?? 0) - (left.memoryBytes ?? 0));
}

/** Total, used and reserved bytes. `nvmlMemory_v2_t` begins with its size and version, and counts what the driver keeps apart. */
function readMemory(nvml: Nvml, device: Device): Pick<GpuReading, "totalBytes" | "usedBytes" | "reservedBytes"> {
  const call = nvml.optional("nvmlDeviceGetMemoryInfo_v2");
  const second = new BigUint64Array([MEMORY_V2, 0n, 0n, 0n, 0n]);
  if (call?.(device, second) === OK) {
    return { totalBytes: Number(second[1]), usedBytes: Number(second[4]), reservedBytes: Number(second[2]) };
  }
  const first = new BigUint64Array(3);
  if (nvml.required.nvmlDeviceGetMemoryInfo(device, first) !== OK || first[0] === 0n) {
    return { totalBytes: null, usedBytes: null, reservedBytes: null };
  }
  return { totalBytes: Number(first[0]), usedBytes: Number(first[2]), reservedBytes: null };
}

function readCard(nvml: Nvml, device: Device, index: number): GpuReading {
  const { required } = nvml;
  const rates = new Uint32Array(2);
  const hasRates = required.nvmlDeviceGetUtilizationRates(device, rates) === OK;
  const limit = nvml.optional("nvmlDeviceGetEnforcedPowerLimit");
  const milliwatts = readU32((into) => required.nvmlDeviceGetPowerUsage(device, into));
  const limitMilliwatts = limit === null ? null : readU32((into) => limit(device, into));
  return {
    index,
    id: readText((buffer, length) => required.nvmlDeviceGetUUID(device, buffer, length)) ?? `gpu-${index}`,
    name: readText((buffer, length) => required.nvmlDeviceGetName(device, buffer, length)),
    utilizationPercent: hasRates ? percent(rates[0]) : null,
    memoryPercent: hasRates ? percent(rates[1]) : null,
    ...readMemory(nvml, device),
    temperatureCelsius: readU32((into) => required.nvmlDeviceGetTemperature(device, CORE_SENSOR, into)),
    powerWatts: milliwatts === null ? null : milliwatts / 1_000,
    powerLimitWatts: limitMilliwatts === null ? null : limitMilliwatts / 1_000,
    clockMhz: readU32((into) => required.nvmlDeviceGetClockInfo(device, GRAPHICS_CLOCK, into)),
    memoryClockMhz: readU32((into) => required.nvmlDeviceGetClockInfo(device, MEMORY_CLOCK, into)),
    throttle: throttleOf(nvml, device),
    processes: processesOf(nvml, device),
  };
}

/** `12040` is 12.4. */
function cudaOf(nvml: Nvml): string | null {
  const call = nvml.optional("nvmlSystemGetCudaDriverVersion_v2");
  const version = call === null ? null : readU32((into) => call(into));
  return version === null ? null : `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;
}

function readCards(nvml: Nvml, count: number): Result<readonly GpuReading[], string> {
  const gpus: GpuReading[] = [];
  for (let index = 0; index < count; index += 1) {
    const into = new BigUint64Array(1);
    const code = nvml.required.nvmlDeviceGetHandleByIndex_v2(index, into);
    if (FATAL.includes(code)) return failure(`card ${index}: ${nvml.explain(code)}`);
    // A card that this user may not open, or whose power cable is loose, hides itself and no other.
    if (code === OK) gpus.push(readCard(nvml, into[0] ?? 0n, index));
  }
  return success(gpus);
}

/** Starts the library; the reason where the driver refuses. */
export function openNvmlReader(nvml: Nvml): Result<NvmlReader, string> {
  const { required } = nvml;
  const code = required.nvmlInit_v2();
  if (code !== OK) return failure(nvml.explain(code));
  const driver = readText((buffer, length) => required.nvmlSystemGetDriverVersion(buffer, length));
  const cuda = cudaOf(nvml);
  return success({
    read(at) {
      const into = new Uint32Array(1);
      const counted = required.nvmlDeviceGetCount_v2(into);
      if (counted !== OK) return failure(nvml.explain(counted));
      const count = Math.min(MOST_CARDS, into[0] ?? 0);
      const cards = readCards(nvml, count);
      if (!cards.ok) return cards;
      const hidden = count - cards.value.length;
      const problem = hidden === 0 ? null : `${hidden} of ${count} cards cannot be opened by this user`;
      if (count === 0) return success({ ...noGpu(at, "the driver finds no card"), source: "nvml", driver, cuda });
      return success({ at, source: "nvml", driver, cuda, gpus: cards.value, problem });
    },
    close: () => {
      required.nvmlShutdown();
    },
  });
}
