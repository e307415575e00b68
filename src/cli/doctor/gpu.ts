import { type GpuCardView, type GpuView, isEngineProcess } from "../../core/gpu/gpu.ts";
import { formatBytes } from "../../terminal/format.ts";
import { type Check, check } from "./check.ts";

/** Ollama's oldest driver, and the CUDA that came with it (docs.ollama.com/gpu). */
const LEAST_DRIVER = 550;
/** More than this share in others' hands leaves a small card too little for a model. */
const MUCH_FOREIGN = 0.25;
const HOT_CELSIUS = 87;

/** What to do about what a driver said. */
export function driverFix(problem: string): string {
  if (/no NVIDIA driver/.test(problem))
    return "install your distribution's; local models run on the processor without one";
  if (/mismatch/i.test(problem)) return "the driver was updated under the running kernel: restart the machine";
  if (/not loaded|couldn't communicate/i.test(problem))
    return "sudo modprobe nvidia, else install the driver for this kernel";
  if (/permission/i.test(problem)) return "add your user to the group that owns /dev/nvidia* (video or render)";
  if (/finds no card|No devices/i.test(problem)) return "lspci shows whether the machine sees the card at all";
  return "nvidia-smi says more; restart the machine if it hangs";
}

function checkDriver({ driver, cuda, source, problem, gpus }: GpuView): readonly Check[] {
  const version = Number.parseInt(driver ?? "", 10);
  const words = `driver ${driver ?? "of unknown version"}${cuda === null ? "" : `, CUDA ${cuda}`}, read through ${source}`;
  const trouble = problem === null ? [] : [check("driver", "warning", problem, driverFix(problem))];
  if (gpus.length === 0) return trouble;
  if (version < LEAST_DRIVER) {
    const fix = `install ${LEAST_DRIVER} or newer`;
    return [...trouble, check("driver", "warning", `${words}: Ollama silently uses the processor instead`, fix)];
  }
  return [...trouble, check("driver", "ok", words)];
}

function checkHolders({ index, processes, memory }: GpuCardView): readonly Check[] {
  const { totalBytes, freeBytes, foreignBytes } = memory;
  const name = `gpu ${index}`;
  if (totalBytes === null || freeBytes === null) return [check(name, "info", "its driver does not tell its memory")];
  const words = `${formatBytes(totalBytes)}, ${formatBytes(freeBytes)} free`;
  if (foreignBytes === null || foreignBytes < MUCH_FOREIGN * totalBytes) return [check(name, "ok", words)];
  const others = (processes ?? []).filter((process) => !isEngineProcess(process.name)).slice(0, 3);
  const who = others.map((process) => `${process.name ?? "?"} (pid ${process.pid})`).join(", ");
  const message = `${words}; other programs hold ${formatBytes(foreignBytes)}${who === "" ? "" : `: ${who}`}`;
  return [
    check(name, "warning", message, "close them, or choose models that fit beside them: lodestar local plan MODEL"),
  ];
}

function checkHeat({ index, throttle, temperatureCelsius }: GpuCardView): readonly Check[] {
  const held = (throttle ?? []).filter((reason) => reason !== "power cap" && reason !== "sync boost");
  const isHot = temperatureCelsius !== null && temperatureCelsius >= HOT_CELSIUS;
  if (held.length === 0 && !isHot) return [];
  const heat = temperatureCelsius === null ? "" : `${Math.round(temperatureCelsius)} °C`;
  const message = [heat, ...(held.length === 0 ? [] : [`clocks held back: ${held.join(", ")}`])]
    .filter(Boolean)
    .join(", ");
  return [check(`gpu ${index}`, "warning", message, "more air, less dust; answers are slower until then")];
}

/** The cards, judged; one line where there is none. */
export function checkGpu(view: GpuView): readonly Check[] {
  const isAbsent = view.source === "none" && /no NVIDIA driver/.test(view.problem ?? "");
  if (isAbsent) return [check("gpu", "info", "no NVIDIA driver is installed: local models run on the processor")];
  return [...checkDriver(view), ...view.gpus.flatMap((card) => [...checkHolders(card), ...checkHeat(card)])];
}
