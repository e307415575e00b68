/** A process that holds memory of a card. */
export interface GpuProcess {
  readonly pid: number;
  /** Its program, as the driver names it; null where the driver may not tell. */
  readonly name: string | null;
  readonly memoryBytes: number | null;
}

/** One card at one moment. What the driver does not tell is null, never 0. */
export interface GpuReading {
  readonly index: number;
  /** The driver's own name for this very card; `gpu-INDEX` where it has none. */
  readonly id: string;
  readonly name: string | null;
  /** Share of the last sample period in which a kernel ran, 0 to 100. */
  readonly utilizationPercent: number | null;
  /** Share of that period in which memory was read or written, 0 to 100. */
  readonly memoryPercent: number | null;
  readonly totalBytes: number | null;
  /** All that programs took. */
  readonly usedBytes: number | null;
  /** What the driver keeps for itself; null where it counts that as used. */
  readonly reservedBytes: number | null;
  readonly temperatureCelsius: number | null;
  readonly powerWatts: number | null;
  readonly powerLimitWatts: number | null;
  readonly clockMhz: number | null;
  readonly memoryClockMhz: number | null;
  /** Why its clocks are lower than they could be; empty when nothing holds them back, null when that is not told. */
  readonly throttle: readonly string[] | null;
  /** Null where the driver tells of no processes at all. */
  readonly processes: readonly GpuProcess[] | null;
}

/** Every card at one moment. */
export interface GpuReport {
  /** Unix ms. */
  readonly at: number;
  readonly source: "nvml" | "nvidia-smi" | "none";
  readonly driver: string | null;
  /** The newest CUDA that the driver supports, such as `12.4`. */
  readonly cuda: string | null;
  readonly gpus: readonly GpuReading[];
  /** Why there is nothing to read, for people; null where there is nothing to tell. */
  readonly problem: string | null;
}

/** Whose memory a card holds, in bytes; null where the readings do not tell. */
export interface GpuMemory {
  readonly totalBytes: number | null;
  readonly freeBytes: number | null;
  /** Held by local model servers. */
  readonly ownBytes: number | null;
  /** Held by everybody else: desktops, games, training. */
  readonly foreignBytes: number | null;
}

/** A card with whose memory it holds, as `gpu --json` shows it. */
export interface GpuCardView extends GpuReading {
  readonly memory: GpuMemory;
}

/** `gpu` of `status --json`, and the body of `GET /v1/gpu`. */
export interface GpuView extends Omit<GpuReport, "gpus"> {
  readonly gpus: readonly GpuCardView[];
}

/** Bits of NVML's `nvmlClocksEventReasons` (nvml.h), as people say them. Idle and chosen clocks hold nothing back. */
const THROTTLE_BITS: readonly (readonly [bit: bigint, words: string])[] = [
  [0x4n, "power cap"],
  [0x8n, "hardware slowdown"],
  [0x10n, "sync boost"],
  [0x20n, "thermal (software)"],
  [0x40n, "thermal (hardware)"],
  [0x80n, "power brake"],
];

/** What holds a card's clocks back, from the driver's bit mask. */
export function throttleWords(mask: bigint): readonly string[] {
  return THROTTLE_BITS.filter(([bit]) => (mask & bit) !== 0n).map(([, words]) => words);
}

/** Programs that hold models for us: Ollama and its runners, llama.cpp, LM Studio, vLLM, stable-diffusion.cpp. */
const ENGINE =
  /^(ollama(_llama_server)?|ollama-runner|llama-server|lm-studio|lms|llmster|vllm|VLLM::.*|sd-server|sd)(\.exe)?$/i;

/** Whether a process, by the name the driver gives it (a path, perhaps with arguments), is a local model server. */
export function isEngineProcess(name: string | null): boolean {
  if (name === null) return false;
  const program = name.split(/\s/)[0] ?? "";
  return ENGINE.test(program.split(/[\\/]/).at(-1) ?? "");
}

function engineBytes({ processes }: GpuReading, loadedBytes: number | null): number | null {
  const engines = (processes ?? []).filter(({ name }) => isEngineProcess(name));
  if (engines.length === 0) {
    const isSure = processes?.every(({ name }) => name !== null) === true;
    return loadedBytes ?? (isSure ? 0 : null);
  }
  let sum = 0;
  for (const { memoryBytes } of engines) {
    if (memoryBytes === null) return loadedBytes;
    sum += memoryBytes;
  }
  return sum;
}

/**
 * Whose memory a card holds. The driver's list of processes decides; where it hides names or sizes (containers, WSL),
 * `loadedBytes` stands in: what the model servers say they put on this card, null where nobody knows.
 */
export function memoryOf(gpu: GpuReading, loadedBytes: number | null): GpuMemory {
  const { totalBytes, usedBytes, reservedBytes } = gpu;
  const told = engineBytes(gpu, loadedBytes);
  const ownBytes = told === null || usedBytes === null ? told : Math.min(told, usedBytes);
  return {
    totalBytes,
    freeBytes:
      totalBytes === null || usedBytes === null ? null : Math.max(0, totalBytes - usedBytes - (reservedBytes ?? 0)),
    ownBytes,
    foreignBytes: usedBytes === null || ownBytes === null ? null : usedBytes - ownBytes,
  };
}

/** A report as people and programs see it. What servers say they loaded counts only where there is one card. */
export function gpuView(report: GpuReport, loadedBytes: number | null): GpuView {
  const loaded = report.gpus.length === 1 ? loadedBytes : null;
  return { ...report, gpus: report.gpus.map((gpu) => ({ ...gpu, memory: memoryOf(gpu, loaded) })) };
}

/** The sum over all cards; null as soon as one card does not tell, or where there is none. */
export function sumOver(view: GpuView, pick: (memory: GpuMemory) => number | null): number | null {
  let sum = 0;
  for (const { memory } of view.gpus) {
    const bytes = pick(memory);
    if (bytes === null) return null;
    sum += bytes;
  }
  return view.gpus.length === 0 ? null : sum;
}

/** No card, for the reason given. */
export function noGpu(at: number, problem: string | null): GpuReport {
  return { at, source: "none", driver: null, cuda: null, gpus: [], problem };
}

/** Whether JSON is a report as another process of this release writes it. */
export function isGpuReport(json: unknown): json is GpuReport {
  if (typeof json !== "object" || json === null) return false;
  return "at" in json && typeof json.at === "number" && "source" in json && "gpus" in json && Array.isArray(json.gpus);
}
