import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A memory cgroup of its own: whatever is started in it may use so much memory, file cache included, and no more. */
export interface MemoryCage {
  /** Words to put in front of a command line. */
  readonly enter: readonly string[];
  /** Largest use so far, in bytes. */
  peakBytes(): number;
  remove(): void;
}

const LAYOUTS = [
  { root: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", peak: "memory.max_usage_in_bytes" },
  { root: "/sys/fs/cgroup", limit: "memory.max", peak: "memory.peak" },
] as const;

function open(layout: (typeof LAYOUTS)[number], limitBytes: number): MemoryCage | null {
  const folder = join(layout.root, `lodestar-test-${process.pid}`);
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, layout.limit), String(limitBytes));
    if (Number(readFileSync(join(folder, layout.limit), "utf8")) !== limitBytes) throw new Error("no limit was set");
  } catch {
    if (existsSync(folder)) rmdirSync(folder);
    return null;
  }
  return {
    enter: ["/bin/sh", "-c", `echo $$ > ${folder}/cgroup.procs && exec "$@"`, "sh"],
    peakBytes: () => Number(readFileSync(join(folder, layout.peak), "utf8")),
    remove: () => rmdirSync(folder),
  };
}

/** Opens a cage, or null where this user may not make one. */
export function openMemoryCage(limitBytes: number): MemoryCage | null {
  for (const layout of LAYOUTS) {
    const cage = open(layout, limitBytes);
    if (cage !== null) return cage;
  }
  return null;
}
