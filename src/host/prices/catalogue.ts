import type { RateCard } from "../../core/price.ts";
import { MODEL_LINES } from "./catalogue.gen.ts";

/** A model as the catalogue lists it; null and absent stand for unknown. */
export interface CatalogueModel {
  readonly id: string;
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
  readonly canUseTools: boolean;
  readonly canReadImages: boolean;
  readonly canReason: boolean;
  /** Absent where the source gives no price, or only a plan's or a trial's. */
  readonly rates?: RateCard;
}

/** One provider's part of the catalogue, with the package and the day it is from. */
export interface CatalogueSection {
  readonly source: string;
  /** `YYYY-MM-DD` */
  readonly date: string;
  /** By id in lower case. */
  readonly models: ReadonlyMap<string, CatalogueModel>;
}

type Line = readonly [
  id: string,
  context: number,
  output: number,
  abilities: string,
  input?: number,
  outputRate?: number,
  cacheRead?: number | null,
  cacheWrite?: number | null,
];

const sections = new Map<string, CatalogueSection | undefined>();

function ratesOf([, , , , input, output, cacheRead, cacheWrite]: Line): { rates?: RateCard } {
  if (input === undefined || output === undefined) return {};
  const cached = typeof cacheRead === "number" ? { cacheRead } : {};
  const written = typeof cacheWrite === "number" ? { cacheWrite5m: cacheWrite } : {};
  return { rates: { input, output, ...cached, ...written } };
}

function modelOf(text: string): CatalogueModel {
  // Written by scripts/generate/providers-catalogue.ts in this very shape.
  const line = JSON.parse(text) as Line;
  const [id, context, output, abilities] = line;
  return {
    id,
    contextTokens: context > 0 ? context : null,
    maxOutputTokens: output > 0 ? output : null,
    canUseTools: abilities.includes("t"),
    canReadImages: abilities.includes("i"),
    canReason: abilities.includes("r"),
    ...ratesOf(line),
  };
}

function sourceAt(index: number): { source: string; date: string } {
  const [, source = "", date = ""] = /^# (.+) (\S+)$/.exec(MODEL_LINES.split("\n", index + 1)[index] ?? "") ?? [];
  return { source, date };
}

function readSection(id: string): CatalogueSection | undefined {
  const start = MODEL_LINES.indexOf(`\n@${id} `);
  if (start === -1 || /\s/.test(id)) return undefined;
  const next = MODEL_LINES.indexOf("\n@", start + 1);
  const [head = "", ...lines] = MODEL_LINES.slice(start + 1, next === -1 ? undefined : next)
    .trimEnd()
    .split("\n");
  const models = lines.map((line) => modelOf(line));
  return {
    ...sourceAt(Number(head.split(" ")[1])),
    models: new Map(models.map((model) => [model.id.toLowerCase(), model])),
  };
}

/** The ids of all providers that the bundled catalogue lists. */
export function bundledProviders(): readonly string[] {
  return [...MODEL_LINES.matchAll(/^@(\S+) /gm)].map(([, id = ""]) => id);
}

/** What the bundled catalogue has of a provider, by its id in the price data. Read when it is first asked for. */
export function bundledCatalogue(id: string): CatalogueSection | undefined {
  if (!sections.has(id)) {
    const section = readSection(id);
    // Ids come from clients too: only those that are in the file are remembered.
    if (section === undefined) return undefined;
    sections.set(id, section);
  }
  return sections.get(id);
}
