import { BODIES } from "./matrix-bodies.ts";
import { bodyCells, type Cell, EXCEPTIONS, failedCells, streamCells } from "./matrix-cells.ts";
import { INBOUND } from "./matrix-codec.ts";
import { UPSTREAMS } from "./matrix-upstreams.ts";

/** The cells of every recorded stream. */
export async function allStreamCells(): Promise<readonly Cell[]> {
  return (await Promise.all(UPSTREAMS.map((upstream, index) => streamCells(upstream, index + 1)))).flat();
}

/** The cells of every recorded whole answer. */
export async function allBodyCells(): Promise<readonly Cell[]> {
  return (await Promise.all(BODIES.map(bodyCells))).flat();
}

/** The share of cells that hold, in 0..1. */
export function shareOf(cells: readonly Cell[]): number {
  return (cells.length - failedCells(cells).length) / cells.length;
}

function countOf(cells: readonly Cell[]): string {
  return cells.length === 0 ? "–" : `${cells.length - failedCells(cells).length}/${cells.length}`;
}

/** A Markdown table: a row for each upstream dialect, a column for each inbound one, and one for the same dialect relayed. */
export function tableOf(cells: readonly Cell[]): string {
  const rows = [...Map.groupBy(cells, ({ upstream }) => upstream)].map(([upstream, of]) => {
    const translated = INBOUND.map((inbound) => of.filter((cell) => cell.inbound === inbound && !cell.isRelayed));
    return [upstream, ...[...translated, of.filter(({ isRelayed }) => isRelayed)].map(countOf)];
  });
  const head = ["upstream \\ client", ...INBOUND, "same dialect, relayed"];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** A line for each cell that does not hold: its name, and why it cannot or what is wrong. */
export function exceptionsOf(cells: readonly Cell[]): readonly string[] {
  return failedCells(cells).map(({ name, problems }) => `${name}: ${EXCEPTIONS.get(name) ?? problems.join("; ")}`);
}

/** The failed cells that are no known exceptions, and the exceptions that do hold: both should be empty. */
export function surprisesOf(cells: readonly Cell[]): readonly string[] {
  const failed = failedCells(cells).map(({ name }) => name);
  const held = [...EXCEPTIONS.keys()].filter((name) => !failed.includes(name));
  const isTested = (name: string): boolean => cells.some((cell) => cell.name === name);
  return [...failed.filter((name) => !EXCEPTIONS.has(name)), ...held.filter(isTested)];
}
