import type { GpuProcess, GpuReading } from "../../core/gpu/gpu.ts";
import {
  readSmiHeader,
  readSmiRow,
  refusedField,
  SMI_FIELDS,
  SMI_PROCESS_FIELDS,
  type SmiRow,
  smiCount,
  smiDriver,
  smiProcess,
  smiReading,
} from "../../core/gpu/smi.ts";
import type { Clock } from "../clock.ts";
import { keepLineChild } from "./line-child.ts";
import type { SourceListener } from "./source.ts";

/** What following `nvidia-smi` needs. */
export interface SmiOptions {
  readonly program: string;
  readonly intervalMs: number;
  readonly silenceMs: number;
  readonly clock: Clock;
  readonly listener: SourceListener;
}

interface Table {
  /** Takes a line; the row that it was, null for a header or anything else. */
  take(line: string): SmiRow | null;
}

function readTable(): Table {
  let header: readonly string[] | null = null;
  return {
    take(line) {
      const names = readSmiHeader(line);
      if (names !== null) header = names;
      return names !== null || header === null ? null : readSmiRow(header, line);
    },
  };
}

/** The processes by card; those of an older round are gone, also where a round without any prints nothing. */
function followProcesses(options: SmiOptions): { of(gpu: string): readonly GpuProcess[] | null; stop(): void } {
  const { program, clock, intervalMs } = options;
  const seconds = String(Math.max(1, Math.round(intervalMs / 1000)));
  let table = readTable();
  let round: { readonly stamp: string; readonly at: number; readonly rows: ReturnType<typeof smiProcess>[] } | null =
    null;
  let isKnown = false;
  const stop = keepLineChild({
    command: () => {
      table = readTable();
      return [
        program,
        `--query-compute-apps=${SMI_PROCESS_FIELDS.join(",")}`,
        "--format=csv,nounits",
        `--loop=${seconds}`,
      ];
    },
    clock,
    // A machine on which nothing computes prints its header and then nothing: silence is no sign of a hang here.
    silenceMs: null,
    onLine(line) {
      if (readSmiHeader(line) !== null) isKnown = true;
      const row = table.take(line);
      if (row === null) return isKnown;
      const stamp = row.get("timestamp") ?? "";
      if (round?.stamp !== stamp) round = { stamp, at: clock.monotonic(), rows: [] };
      round.rows.push(smiProcess(row));
      return true;
    },
    onEnd: () => {
      isKnown = false;
      round = null;
    },
  });
  return {
    stop,
    of(gpu) {
      if (!isKnown) return null;
      if (round === null || clock.monotonic() - round.at > 2.5 * intervalMs) return [];
      return round.rows.flatMap((entry) => (entry?.gpu === gpu ? [entry.process] : []));
    },
  };
}

/** Follows one long-lived `nvidia-smi` for the cards and one for their processes. */
export function followSmi(options: SmiOptions): () => void {
  const { program, clock, listener, intervalMs, silenceMs } = options;
  const seconds = String(Math.max(1, Math.round(intervalMs / 1000)));
  const refused = new Set<string>();
  const processes = followProcesses(options);
  let table = readTable();
  let cards = new Map<number, GpuReading>();

  function takeRow(row: SmiRow): boolean {
    const card = smiReading(row);
    if (card === null) return false;
    if (cards.has(card.index)) cards = new Map();
    cards.set(card.index, { ...card, processes: processes.of(card.id) });
    if (cards.size < (smiCount(row) ?? 1)) return true;
    const gpus = [...cards.values()].sort((left, right) => left.index - right.index);
    cards = new Map();
    listener.report({ at: clock.now(), source: "nvidia-smi", driver: smiDriver(row), cuda: null, gpus, problem: null });
    return true;
  }

  const stop = keepLineChild({
    command: () => {
      [table, cards] = [readTable(), new Map()];
      const fields = SMI_FIELDS.filter((field) => !refused.has(field));
      return [program, `--query-gpu=${fields.join(",")}`, "--format=csv,nounits", `--loop=${seconds}`];
    },
    clock,
    silenceMs,
    onLine(line) {
      const row = table.take(line);
      return row !== null && takeRow(row);
    },
    onEnd(reason) {
      const field = refusedField(reason);
      if (field !== null) refused.add(field);
      listener.problem(reason);
    },
  });
  return () => {
    stop();
    processes.stop();
  };
}
