import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { annotatePatch } from "../../../src/core/diff/annotate/annotate.ts";
import { parsePatch } from "../../../src/core/diff/parse.ts";
import { FORMATTINGS, HARMLESS, rewritesOf } from "./evaluation/harmless.ts";
import { type Change, faultsOf, inCompany, patchOf } from "./evaluation/mutate.ts";
import { SNIPPETS } from "./evaluation/snippets.ts";

const MODULES = resolve(import.meta.dir, "../../../node_modules");
/** Real programs of others; what is not installed is left out. */
const REAL = ["hono/dist", "yaml/dist/compose", "yaml/dist/stringify", "openai/src", "openai/src/lib", "citty/dist"];

function realFiles(): readonly (readonly [string, string])[] {
  return REAL.map((folder) => join(MODULES, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => /(?<!\.d)\.(ts|js|mjs)$/.test(name))
        .map((name) => join(folder, name)),
    )
    .filter((file) => file.length > 0)
    .slice(0, 60)
    .map((file, index) => [`src/real-${index}.${file.split(".").at(-1)}`, readFileSync(file, "utf8")] as const)
    .filter(([, text]) => text.length < 40_000);
}

const FILES = [...SNIPPETS, ...SNIPPETS, ...SNIPPETS, ...realFiles()];

function take(changes: readonly Change[], count: number): readonly Change[] {
  // Spread evenly, so that no file and no kind of change fills the set.
  const step = Math.max(1, changes.length / count);
  return Array.from(
    { length: Math.min(count, changes.length) },
    (_, index) => changes[Math.floor(index * step)],
  ).filter((change) => change !== undefined);
}

function byKind(changes: readonly Change[], each: number): readonly Change[] {
  const kinds = Map.groupBy(changes, ({ what }) => what);
  return [...kinds.values()].flatMap((of) => take(of, each));
}

interface Judged {
  readonly change: Change;
  readonly risk: number;
  readonly reasons: readonly string[];
}

function judge(change: Change): Judged {
  const files = parsePatch(patchOf(change)).flatMap((item) => (item.kind === "file" ? [item.file] : []));
  const [annotation] = annotatePatch(files)[0]?.annotations ?? [];
  return { change, risk: annotation?.risk ?? 0, reasons: annotation?.findings.map(({ reason }) => reason) ?? [] };
}

/** The share of pairs that are in the right order, and its 95 % interval (Hanley and McNeil 1982). */
function areaUnder(high: readonly number[], low: readonly number[]): { area: number; low: number; high: number } {
  const counts = new Map<number, number>();
  for (const risk of low) counts.set(risk, (counts.get(risk) ?? 0) + 1);
  let right = 0;
  for (const risk of high)
    for (const [other, count] of counts) right += count * (risk > other ? 1 : risk === other ? 0.5 : 0);
  const area = right / (high.length * low.length);
  const one = area / (2 - area);
  const two = (2 * area * area) / (1 + area);
  const spread = (high.length - 1) * (one - area ** 2) + (low.length - 1) * (two - area ** 2);
  const error = Math.sqrt((area * (1 - area) + spread) / (high.length * low.length));
  return { area, low: area - 1.96 * error, high: Math.min(1, area + 1.96 * error) };
}

/** Upper end of the 95 % interval of a share (Wilson 1927). */
function upperShare(hits: number, n: number): number {
  const z = 1.96;
  const middle = hits / n + z ** 2 / (2 * n);
  const spread = z * Math.sqrt((hits / n) * (1 - hits / n) * (1 / n) + z ** 2 / (4 * n * n));
  return (middle + spread) / (1 + z ** 2 / n);
}

/** A formatting that is told to be more than this is a false alarm. */
const ALARM = 30;

const alone = byKind(
  FILES.flatMap(([path, text]) => faultsOf(path, text)),
  60,
);
const faults = [...alone, ...take(alone, 400).flatMap((change) => inCompany(change) ?? [])].map(judge);
const formattings = byKind(
  FILES.flatMap(([path, text]) => rewritesOf(FORMATTINGS, path, text)),
  120,
).map(judge);
const harmless = byKind(
  FILES.flatMap(([path, text]) => rewritesOf(HARMLESS, path, text)),
  80,
).map(judge);

function table(judged: readonly Judged[]): string {
  const kinds = Map.groupBy(judged, ({ change }) => change.what);
  const rows = [...kinds].map(([what, of]) => {
    const risks = of.map(({ risk }) => risk).toSorted((one, other) => one - other);
    const at = (share: number): number => risks[Math.floor(share * (risks.length - 1))] ?? 0;
    return `  ${what.padEnd(36)} n ${String(of.length).padStart(4)}  risk ${at(0.1)} / ${at(0.5)} / ${at(0.9)}`;
  });
  return rows.join("\n");
}

describe("the risk on changes that were made for it", () => {
  test("puts faults above harmless changes: AUC of at least 0.9", () => {
    const low = [...formattings, ...harmless].map(({ risk }) => risk);
    const { area, ...interval } = areaUnder(
      faults.map(({ risk }) => risk),
      low,
    );
    console.log(
      `AUC ${area.toFixed(3)} (95 %: ${interval.low.toFixed(3)}–${interval.high.toFixed(3)}; n ${faults.length} faults, ${low.length} harmless)\nfaults, 10 % / 50 % / 90 %:\n${table(faults)}\nharmless:\n${table([...formattings, ...harmless])}`,
    );
    expect(faults.length).toBeGreaterThan(150);
    expect(area).toBeGreaterThanOrEqual(0.9);
  });

  test("raises at most 1 % false alarms on formatting", () => {
    const alarms = formattings.filter(({ risk }) => risk >= ALARM);
    const unseen = formattings.filter(({ reasons }) => !reasons.includes("format-only"));
    const share = (count: number): string => `${((100 * count) / formattings.length).toFixed(2)} %`;
    console.log(
      `false alarms: ${alarms.length} of ${formattings.length} (${share(alarms.length)}, at most ${(100 * upperShare(alarms.length, formattings.length)).toFixed(2)} % at 95 %); not told as formatting: ${unseen.length} (${share(unseen.length)})`,
    );
    if (process.env.LODESTAR_SHOW_ERRORS !== undefined) {
      for (const { change, risk, reasons } of [...alarms, ...unseen, ...faults.filter((fault) => fault.risk < 30)])
        console.log(risk, reasons, patchOf(change));
    }
    expect(alarms.length / formattings.length).toBeLessThanOrEqual(0.01);
  });
});
