import type { GpuReport } from "../../core/gpu/gpu.ts";
import type { Clock } from "../clock.ts";

/** What a source tells: a report, or why there is none for now. */
export interface SourceListener {
  report(report: GpuReport): void;
  problem(reason: string): void;
}

/** One way to read the cards: a program of its own beside this process, so that a hung driver holds up nothing here. */
export interface GpuSource {
  readonly name: "nvml" | "nvidia-smi";
  /** Reads every `intervalMs` until the returned function is called. */
  follow(intervalMs: number, clock: Clock, listener: SourceListener): () => void;
}
