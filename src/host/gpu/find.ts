import { existsSync } from "node:fs";
import { isGpuReport } from "../../core/gpu/gpu.ts";
import { parseJson } from "../../core/json.ts";
import { selfCommand } from "../process.ts";
import { keepLineChild } from "./line-child.ts";
import { isOwnFile, NVML_PATHS } from "./nvml.ts";
import { followSmi } from "./smi.ts";
import type { GpuSource } from "./source.ts";

/** A program gets this long beyond its interval: the first reading may have to wake the driver up. */
const PATIENCE_MS = 10_000;

const SMI_PATHS: readonly string[] = [
  "/usr/bin/nvidia-smi",
  "/usr/lib/wsl/lib/nvidia-smi",
  "/usr/local/bin/nvidia-smi",
  "/run/current-system/sw/bin/nvidia-smi",
  "C:\\Windows\\System32\\nvidia-smi.exe",
];

/** Reads through NVML, in a `lodestar gpu read` of its own. */
export function nvmlSource(library: string, command: typeof selfCommand = selfCommand): GpuSource {
  return {
    name: "nvml",
    follow(intervalMs, clock, listener) {
      let problem: string | null = null;
      const take = (line: string): boolean => {
        const report = parseJson(line);
        if (!isGpuReport(report)) return false;
        problem = report.problem;
        listener.report(report);
        return report.gpus.length > 0;
      };
      return keepLineChild({
        command: () => command(["gpu", "read", "--interval", `${intervalMs}ms`, "--library", library]),
        clock,
        silenceMs: intervalMs + PATIENCE_MS,
        onLine: take,
        onEnd: (reason) => listener.problem(problem ?? reason),
      });
    },
  };
}

/** Reads what `nvidia-smi --loop` prints. */
export function smiSource(program: string): GpuSource {
  return {
    name: "nvidia-smi",
    follow: (intervalMs, clock, listener) =>
      followSmi({ program, intervalMs, clock, silenceMs: intervalMs + PATIENCE_MS, listener }),
  };
}

function firstFile(named: string | undefined, usual: readonly string[]): string | null {
  if (named !== undefined && named !== "") return isOwnFile(named) ? named : null;
  return usual.find((path) => existsSync(path)) ?? null;
}

/**
 * The ways to read cards here, the better one first; empty where there is no driver. `LODESTAR_NVML` and
 * `LODESTAR_NVIDIA_SMI` name files in place of the usual ones, if they are {@link isOwnFile}.
 */
export function findGpuSources(environment: Readonly<Record<string, string | undefined>>): readonly GpuSource[] {
  const library = process.platform === "linux" ? firstFile(environment.LODESTAR_NVML, NVML_PATHS) : null;
  const program = firstFile(environment.LODESTAR_NVIDIA_SMI, SMI_PATHS);
  return [...(library === null ? [] : [nvmlSource(library)]), ...(program === null ? [] : [smiSource(program)])];
}
