import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isJsonObject, type JsonValue, parseJson } from "../../src/core/json.ts";

/** One row of the recordings' `index.json`, as far as tests need it. */
interface IndexRow {
  readonly file: string;
  readonly kind: "stream" | "json" | "sse";
  readonly dialect: string;
}

/** One recorded answer. Exactly one of `lines`, `json` and `text` is set, by the kind of its file. */
export interface Recording {
  /** Path below the recordings' folder; `#2` is added for the second of several answers in one file. */
  readonly file: string;
  readonly dialect: string;
  readonly kind: "stream" | "json" | "sse";
  /** `stream`: the data of each event, in order, without `[DONE]`. */
  readonly lines: readonly string[];
  /** `json`: the parsed body. */
  readonly json: JsonValue;
  /** The file as it stands. */
  readonly text: string;
}

/** Streams that really are one answer although a start event repeats in them. */
const SINGLE_IN_SPITE_OF_STARTS = /(?:duplicate|spliced)-message-start/;

const PROJECT_ROOT = resolve(import.meta.dir, "../..");

/** The folder that holds the recorded data, or undefined where it is absent: a test then skips visibly. */
export function dataRoot(): string | undefined {
  const root = join(resolve(PROJECT_ROOT, process.env.LODESTAR_TEST_DATA ?? "../shared"), "data");
  return existsSync(join(root, "upstream-fixtures", "index.json")) ? root : undefined;
}

/** For the titles of suites that need the data: why they are skipped, or nothing where it is there. */
export const NO_DATA_REASON: string =
  dataRoot() === undefined ? "(skipped: no recorded data; set LODESTAR_TEST_DATA)" : "";

function startsAnswer(line: string): boolean {
  const event = parseJson(line);
  return isJsonObject(event) && (event.type === "message_start" || event.type === "response.created");
}

function splitAnswers(file: string, lines: readonly string[]): readonly (readonly string[])[] {
  if (SINGLE_IN_SPITE_OF_STARTS.test(file)) return [lines];
  const starts = lines.flatMap((line, index) => (startsAnswer(line) ? [index] : []));
  if (starts.length < 2) return [lines];
  return starts.map((start, index) => lines.slice(index === 0 ? 0 : start, starts[index + 1]));
}

function load(root: string, row: IndexRow): readonly Recording[] {
  const text = readFileSync(join(root, "upstream-fixtures", row.file), "utf8");
  const base = { file: row.file, dialect: row.dialect, kind: row.kind, lines: [], json: null, text };
  if (row.kind === "json") return [{ ...base, json: parseJson(text) ?? null }];
  if (row.kind === "sse") return [base];
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return splitAnswers(row.file, lines).map((answer, index) => ({
    ...base,
    file: index === 0 ? row.file : `${row.file}#${index + 1}`,
    lines: answer,
  }));
}

/**
 * The recordings of one dialect as the index names it (`openai-chat`, `openai-responses`, `anthropic-messages`,
 * `gemini-generate`, `embedding`, `error`…) and kind; files of several answers are split. Empty where the data is absent.
 */
export function recordings(filter: {
  readonly dialect: string;
  readonly kind: Recording["kind"];
}): readonly Recording[] {
  const root = dataRoot();
  if (root === undefined) return [];
  const index = JSON.parse(readFileSync(join(root, "upstream-fixtures", "index.json"), "utf8")) as readonly IndexRow[];
  return index
    .filter((row) => row.dialect === filter.dialect && row.kind === filter.kind)
    .flatMap((row) => load(root, row));
}
