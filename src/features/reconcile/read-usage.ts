import { CsvError, type CsvRecord, readCsv } from "../../core/csv-records.ts";
import { utcOfDay } from "../../core/day.ts";
import { type NanoUsd, parseDecimal, toNanoUsd } from "../../core/money.ts";
import { didYouMean } from "../../core/suggest.ts";

/** What is counted in a usage export. Money in nano-dollars, the others in tokens. */
export const FIGURES = ["uncachedInput", "cacheRead", "cacheWrite", "output", "cost"] as const;

/** One of {@link FIGURES}. */
export type Figure = (typeof FIGURES)[number];

/** Counts of one day and model; a figure that a file has no column for is absent. */
export type Figures = Readonly<Partial<Record<Figure, number>>>;

/** The sums of one day (`2026-10-05`) and model of a file. */
export interface UsageRow {
  readonly day: string;
  /** As in the file; `provider/model` where the file names the provider. */
  readonly model: string;
  readonly figures: Figures;
}

/** A usage export, added up. */
export interface UsageFile {
  readonly rows: readonly UsageRow[];
  /** The figures that the file has columns for. */
  readonly figures: readonly Figure[];
  readonly records: number;
}

/** The columns of the generic format: `docs/costs.md` documents them. */
const COLUMNS = {
  day: "day",
  provider: "provider",
  model: "model",
  uncached_input_tokens: "uncachedInput",
  cache_read_tokens: "cacheRead",
  cache_write_tokens: "cacheWrite",
  output_tokens: "output",
  cost_usd: "cost",
} as const satisfies Readonly<Record<string, Figure | "day" | "provider" | "model">>;

type ColumnName = keyof typeof COLUMNS;
type Place = (typeof COLUMNS)[ColumnName];

const NAMES = Object.keys(COLUMNS) as readonly ColumnName[];

/** Days times models beyond this are no usage export. */
const MOST_ROWS = 200_000;

function seen(fields: readonly string[]): string {
  const text = fields.join(",");
  return `it begins with "${text.length > 80 ? `${text.slice(0, 80)}…` : text}"`;
}

/** What is wrong with a first line that is not ours. */
function headerProblem(fields: readonly string[], unknown: string): string {
  const [only = ""] = fields;
  const separator = fields.length === 1 ? [";", "\t", "|"].find((sign) => only.includes(sign)) : undefined;
  if (separator !== undefined) {
    return `its columns are separated by ${separator === "\t" ? "tabs" : `"${separator}"`}, not by commas; ${seen(fields)}`;
  }
  if (/^\s*[{[]/.test(only)) return `it looks like JSON, not like CSV; ${seen(fields)}`;
  return `unknown column "${unknown}".${didYouMean(unknown, NAMES)} Known are ${NAMES.join(", ")}; ${seen(fields)}`;
}

/** Which place each column has, or why the header is not one. */
function readHeader({ fields }: CsvRecord): readonly Place[] {
  const names = fields.map((field) =>
    field
      .trim()
      .toLowerCase()
      .replaceAll(/[\s-]+/g, "_"),
  );
  const unknown = names.find((name) => !Object.hasOwn(COLUMNS, name));
  if (unknown !== undefined) throw new CsvError(headerProblem(fields, unknown));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new CsvError(`the column "${twice}" is there twice`);
  const missing = ["day", "model"].find((name) => !names.includes(name));
  if (missing !== undefined) throw new CsvError(`there is no column "${missing}"; ${seen(fields)}`);
  // Each is a known name: looked up above.
  const places = names.map((name) => COLUMNS[name as ColumnName]);
  if (!FIGURES.some((figure) => places.includes(figure))) {
    throw new CsvError("there is no column to compare: neither tokens nor cost_usd");
  }
  return places;
}

/** Groups of three by commas, spaces, underscores or apostrophes, as people and spreadsheets write them. */
const GROUPED = /^-?\d{1,3}([,_' \u00a0\u202f])\d{3}(?:\1\d{3})*(?:\.\d+)?$/;

function plainNumber(text: string): string {
  const bare = text.trim().replace(/^(-?)\$\s*/, "$1");
  return GROUPED.test(bare) ? bare.replaceAll(/[,_' \u00a0\u202f]/g, "") : bare;
}

function readTokens(text: string): number | null {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const plain = plainNumber(text);
  if (plain === "") return 0;
  return /^\d{1,15}(?:\.0+)?$/.test(plain) ? Number(plain) : null;
}

function readCost(text: string): NanoUsd | null {
  const plain = plainNumber(text);
  if (plain === "") return 0;
  if (!/^-?\d{1,7}(?:\.\d{1,30})?(?:e-\d{1,2})?$/i.test(plain)) return null;
  const usd = parseDecimal(plain);
  return usd === undefined ? null : toNanoUsd(usd);
}

function readFigure(figure: Figure, text: string, line: number): number {
  const value = figure === "cost" ? readCost(text) : readTokens(text);
  if (value !== null) return value;
  const name = NAMES.find((one) => COLUMNS[one] === figure) ?? figure;
  const wanted = figure === "cost" ? "an amount in US dollars such as 12.34" : "a whole number of tokens, 0 or more";
  throw new CsvError(`line ${line}: ${name} is "${text.slice(0, 40)}", but must be ${wanted}`);
}

function isDay(text: string): boolean {
  return utcOfDay(text.slice(0, 10)) !== null && /^(T?[\d:. ]*Z?)?$/.test(text.slice(10));
}

/** Of a day or a moment; `known` are the days that were read before. */
function readDay(text: string, line: number, known: Map<string, string>): string {
  const found = known.get(text);
  if (found !== undefined) return found;
  const day = text.trim();
  if (!isDay(day)) throw new CsvError(`line ${line}: day is "${text.slice(0, 40)}", but must be written as 2026-10-05`);
  if (known.size < MOST_ROWS) known.set(text, day.slice(0, 10));
  return day.slice(0, 10);
}

/** Where each place stands in a record; -1 for a column that is not there. */
interface Layout {
  readonly columns: number;
  readonly at: Readonly<Record<Place, number>>;
  readonly figures: readonly Figure[];
  readonly days: Map<string, string>;
}

function layoutOf(places: readonly Place[]): Layout {
  const at = Object.fromEntries(Object.values(COLUMNS).map((place) => [place, places.indexOf(place)]));
  // Every place is a value of COLUMNS.
  return {
    columns: places.length,
    at: at as Record<Place, number>,
    figures: FIGURES.filter((figure) => places.includes(figure)),
    days: new Map(),
  };
}

/** Adds one record to the sums. */
function addRecord(sums: Map<string, MutableRow>, { fields, line }: CsvRecord, layout: Layout): void {
  const { columns, at, figures, days } = layout;
  if (fields.length !== columns) {
    throw new CsvError(`line ${line} has ${fields.length} fields, but the header has ${columns} columns`);
  }
  const [provider = "", name = ""] = [fields[at.provider]?.trim(), fields[at.model]?.trim()];
  if (name === "") throw new CsvError(`line ${line}: the model is empty`);
  const model = provider === "" ? name : `${provider}/${name}`;
  const day = readDay(fields[at.day] ?? "", line, days);
  const key = `${day} ${model}`;
  const row = sums.get(key) ?? { day, model, figures: {} };
  for (const figure of figures) {
    row.figures[figure] = (row.figures[figure] ?? 0) + readFigure(figure, fields[at[figure]] ?? "", line);
  }
  sums.set(key, row);
  if (sums.size > MOST_ROWS) throw new CsvError(`it has more than ${MOST_ROWS} days and models`);
}

/** Sums of two rows, figure by figure. */
export function addFigures(left: Figures, right: Figures): Figures {
  const names = FIGURES.filter((name) => left[name] !== undefined || right[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, (left[name] ?? 0) + (right[name] ?? 0)]));
}

interface MutableRow extends UsageRow {
  readonly figures: Partial<Record<Figure, number>>;
}

/**
 * Reads a usage export in the generic format and adds its records up by day and model, as the bytes come. Throws a
 * {@link CsvError} that says which line has what in it.
 */
export async function readUsage(chunks: AsyncIterable<Uint8Array>): Promise<UsageFile> {
  const sums = new Map<string, MutableRow>();
  let layout: Layout | null = null;
  let records = 0;
  for await (const batch of readCsv(chunks)) {
    for (const record of batch) {
      if (layout === null) {
        layout = layoutOf(readHeader(record));
        continue;
      }
      addRecord(sums, record, layout);
      records += 1;
    }
  }
  if (layout === null) throw new CsvError("it is empty");
  return { rows: [...sums.values()], figures: layout.figures, records };
}
