import { formatBytes, formatCount, formatDuration } from "../../terminal/format.ts";
import { type Check, check } from "./check.ts";

const GIBIBYTE = 1024 ** 3;
const LITTLE_MEMORY = GIBIBYTE;
const LITTLE_MODEL_SPACE = 5 * GIBIBYTE;
/** Below so many descriptors a few hundred streams end in refused connections: each takes two. */
const FEW_DESCRIPTORS = 4_096;
/** Certificates and signatures take a clock that is so far off; sums by day begin to lie. */
const CLOCK_OFF_MS = 60_000;

/** The kernel's table of memory by name, in bytes (proc_meminfo(5): kB are 1,024). */
function readMeminfo(text: string): ReadonlyMap<string, number> {
  return new Map(
    [...text.matchAll(/^(\w+):\s+(\d+) kB$/gm)].map(([, name = "", count]) => [name, Number(count) * 1024]),
  );
}

/** Memory and swap, judged by the text of `/proc/meminfo`. */
export function checkMemory(meminfo: string): readonly Check[] {
  const table = readMeminfo(meminfo);
  const [total, available] = [table.get("MemTotal"), table.get("MemAvailable")];
  const [swap = 0, swapFree = 0] = [table.get("SwapTotal"), table.get("SwapFree")];
  if (total === undefined || available === undefined) return [];
  const words = `${formatBytes(available)} of ${formatBytes(total)} available, swap ${formatBytes(swap)}`;
  if (available < LITTLE_MEMORY && swapFree < LITTLE_MEMORY) {
    const fix = "close something, load smaller models, or add swap: what does not fit is killed";
    return [check("memory", "warning", words, fix)];
  }
  if (swap > 0 && swapFree < swap / 2 && available < total / 8) {
    return [
      check("memory", "warning", `${words}, half of it used: models read from swap are slow`, "load smaller models"),
    ];
  }
  return [check("memory", "ok", words)];
}

/** The limit on open files, judged by the text of `/proc/PID/limits`. */
export function checkDescriptors(limits: string, isDaemon: boolean): readonly Check[] {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (soft === undefined) return [];
  const whose = isDaemon ? "the daemon" : "a program started here";
  if (soft === "unlimited" || Number(soft) >= FEW_DESCRIPTORS)
    return [check("open files", "ok", `${whose} may open ${soft}`)];
  const message = `${whose} may open ${formatCount(Number(soft))} files: a stream takes two`;
  return [
    check("open files", "warning", message, "ulimit -n 65536 before `lodestar serve`; LimitNOFILE=65536 in a unit"),
  ];
}

/** How a clock was compared. Milliseconds, positive where this machine is ahead. */
export interface ClockFacts {
  readonly skewMs: number | null;
  /** Host that told the time. */
  readonly against: string | null;
  /** What the system says of its own synchronisation; null where it does not. */
  readonly isSynchronized: boolean | null;
}

const SET_CLOCK = "sudo timedatectl set-ntp true";

/** The clock, judged; offline by what the system says of it. */
export function checkClock({ skewMs, against, isSynchronized }: ClockFacts): Check {
  if (skewMs !== null && against !== null) {
    const off = formatDuration(Math.abs(skewMs));
    if (Math.abs(skewMs) <= CLOCK_OFF_MS)
      return check("clock", "ok", `within ${formatDuration(CLOCK_OFF_MS)} of ${against}`);
    const message = `${off} ${skewMs > 0 ? "ahead of" : "behind"} ${against}: costs fall into the wrong day, certificates may fail`;
    return check("clock", "bad", message, SET_CLOCK);
  }
  if (isSynchronized === null)
    return check("clock", "info", "no provider told the time, and the system does not say whether it is synchronized");
  if (isSynchronized) return check("clock", "ok", "the system keeps it synchronized");
  return check("clock", "warning", "the system does not keep it synchronized", SET_CLOCK);
}

/** Room where models lie; null where that folder cannot be seen. */
export function checkModelSpace(folder: string, freeBytes: number | null): readonly Check[] {
  if (freeBytes === null) return [];
  const words = `${formatBytes(freeBytes)} free in ${folder}`;
  if (freeBytes >= LITTLE_MODEL_SPACE) return [check("models' disk", "ok", words)];
  return [
    check(
      "models' disk",
      "warning",
      `${words}: a 7B model takes about 5 GiB`,
      "lodestar local remove MODEL, or point OLLAMA_MODELS to another disk",
    ),
  ];
}
