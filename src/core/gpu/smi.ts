import { type GpuProcess, type GpuReading, throttleWords } from "./gpu.ts";

/**
 * The fields asked of `nvidia-smi --query-gpu` (its `--help-query-gpu` lists them), in the order of the columns; what comes
 * back is found by the header's names all the same, since a driver that does not know one is asked without it.
 */
export const SMI_FIELDS = [
  "timestamp",
  "driver_version",
  "count",
  "index",
  "uuid",
  "name",
  "utilization.gpu",
  "utilization.memory",
  "memory.total",
  "memory.used",
  "memory.reserved",
  "temperature.gpu",
  "power.draw",
  "enforced.power.limit",
  "clocks.current.graphics",
  "clocks.current.memory",
  "clocks_throttle_reasons.active",
] as const;

/** The fields asked of `nvidia-smi --query-compute-apps`. */
export const SMI_PROCESS_FIELDS = ["timestamp", "gpu_uuid", "pid", "process_name", "used_gpu_memory"] as const;

/** One line of `nvidia-smi --format=csv` by the names of its header, units taken off the names. */
export type SmiRow = ReadonlyMap<string, string>;

/** Newer drivers name some columns otherwise than they are asked for. */
const RENAMED: Readonly<Record<string, string>> = {
  "clocks.gr": "clocks.current.graphics",
  "clocks.mem": "clocks.current.memory",
  "clocks_event_reasons.active": "clocks_throttle_reasons.active",
  used_memory: "used_gpu_memory",
};

/** The column names of a header line, or null for a line that is no header (its first column is always `timestamp`). */
export function readSmiHeader(line: string): readonly string[] | null {
  const names = line.split(",").map((cell) => cell.trim().replace(/\s*\[.*\]$/, ""));
  if (names[0] !== "timestamp") return null;
  return names.map((name) => RENAMED[name] ?? name);
}

/**
 * One row under a header, or null for a line that is none. A program's name may hold commas: the columns before and after
 * it are counted from both ends.
 */
export function readSmiRow(header: readonly string[], line: string): SmiRow | null {
  const cells = line.split(",").map((cell) => cell.trim());
  const nameAt = header.findIndex((name) => name === "process_name" || name === "name");
  const extra = cells.length - header.length;
  if (extra < 0 || (extra > 0 && nameAt < 0)) return null;
  if (extra > 0) cells.splice(nameAt, extra + 1, cells.slice(nameAt, nameAt + extra + 1).join(", "));
  if (!/^\d{4}\/\d{2}\/\d{2} /.test(cells[0] ?? "")) return null;
  return new Map(header.map((name, index) => [name, cells[index] ?? ""]));
}

/** A cell's text, or null where it says that there is none: `[N/A]`, `[Not Supported]`, `[Unknown Error]`, `N/A`, nothing. */
function textIn(row: SmiRow, name: string): string | null {
  const cell = row.get(name) ?? "";
  return cell === "" || cell === "N/A" || /^\[.*\]$/.test(cell) ? null : cell;
}

function numberIn(row: SmiRow, name: string): number | null {
  const cell = textIn(row, name);
  const found = cell === null ? null : /^(\d+(?:\.\d+)?)(?:\s*(?:%|MiB|W|MHz|C))?$/.exec(cell);
  return found?.[1] === undefined ? null : Number(found[1]);
}

/** Sizes are MiB. */
function bytesIn(row: SmiRow, name: string): number | null {
  const mebibytes = numberIn(row, name);
  return mebibytes === null ? null : mebibytes * 1024 * 1024;
}

function percentIn(row: SmiRow, name: string): number | null {
  const percent = numberIn(row, name);
  return percent === null || percent > 100 ? null : percent;
}

function maskIn(row: SmiRow, name: string): bigint | null {
  const cell = textIn(row, name);
  return cell !== null && /^0x[\da-f]{1,16}$/i.test(cell) ? BigInt(cell) : null;
}

/** The card that a row tells of, without its processes; null where it does not say which card. */
export function smiReading(row: SmiRow): GpuReading | null {
  const index = numberIn(row, "index");
  if (index === null || !Number.isInteger(index)) return null;
  const mask = maskIn(row, "clocks_throttle_reasons.active");
  return {
    index,
    id: textIn(row, "uuid") ?? `gpu-${index}`,
    name: textIn(row, "name"),
    utilizationPercent: percentIn(row, "utilization.gpu"),
    memoryPercent: percentIn(row, "utilization.memory"),
    totalBytes: bytesIn(row, "memory.total"),
    usedBytes: bytesIn(row, "memory.used"),
    reservedBytes: bytesIn(row, "memory.reserved"),
    temperatureCelsius: numberIn(row, "temperature.gpu"),
    powerWatts: numberIn(row, "power.draw"),
    powerLimitWatts: numberIn(row, "enforced.power.limit"),
    clockMhz: numberIn(row, "clocks.current.graphics"),
    memoryClockMhz: numberIn(row, "clocks.current.memory"),
    throttle: mask === null ? null : throttleWords(mask),
    processes: null,
  };
}

/** How many cards a row says there are; null where it does not. */
export function smiCount(row: SmiRow): number | null {
  return numberIn(row, "count");
}

/** The driver's version, as each row tells it. */
export function smiDriver(row: SmiRow): string | null {
  return textIn(row, "driver_version");
}

/** The process that a row tells of, and the card it is on; null where it does not say which process. */
export function smiProcess(row: SmiRow): { readonly gpu: string; readonly process: GpuProcess } | null {
  const [gpu, pid] = [textIn(row, "gpu_uuid"), numberIn(row, "pid")];
  if (gpu === null || pid === null) return null;
  const process = { pid, name: textIn(row, "process_name"), memoryBytes: bytesIn(row, "used_gpu_memory") };
  return { gpu, process };
}

/** The field that nvidia-smi refused, from its message `Field "NAME" is not a valid field to query.` */
export function refusedField(message: string): string | null {
  return /Field "([\w.]+)" is not a valid field/.exec(message)?.[1] ?? null;
}
