import { CsvError, type CsvRecord, readCsv } from "../../core/csv-records.ts";
import { isJsonObject } from "../../core/json.ts";
import type { Verdict, Vote } from "../../core/rating/vote.ts";
import { didYouMean } from "../../core/suggest.ts";

/** A file of votes that cannot be read: the message says where and what was seen. */
export class VotesError extends Error {
  override readonly name = "VotesError";
}

/** Version of the files that Lodestar writes itself: `"version"` in each line of NDJSON. */
export const VOTES_VERSION = 1;

/** More votes than this are no tournament. */
const MOST_VOTES = 2_000_000;

type Field = "left" | "right" | "winner" | "voter";

/** What the columns are called here and in the vote files of others. */
const COLUMNS: Readonly<Record<string, Field>> = {
  left: "left",
  right: "right",
  winner: "winner",
  voter: "voter",
  model_a: "left",
  model_b: "right",
  worker: "voter",
  annotator: "voter",
  judge: "voter",
};

const VERDICT_WORDS: Readonly<Record<string, Verdict>> = {
  left: "left",
  right: "right",
  tie: "tie",
  both_bad: "both_bad",
  model_a: "left",
  model_b: "right",
  draw: "tie",
  bothbad: "both_bad",
  "tie (bothbad)": "both_bad",
};

/** What one line says, by our names; undefined where it does not say it. */
type Said = Readonly<Partial<Record<Field, unknown>>>;

function nameOf(said: unknown, field: Field, line: number): string {
  const text = typeof said === "number" ? String(said) : said;
  if (typeof text === "string" && text.trim() !== "") return text.trim();
  throw new VotesError(`line ${line}: "${field}" is missing or empty`);
}

function voteOf(said: Said, line: number): Vote {
  const word = nameOf(said.winner, "winner", line);
  const winner = Object.hasOwn(VERDICT_WORDS, word.toLowerCase()) ? VERDICT_WORDS[word.toLowerCase()] : undefined;
  if (winner === undefined) {
    const hint = didYouMean(word, new Set(Object.keys(VERDICT_WORDS)));
    throw new VotesError(`line ${line}: the winner "${word}" is none of left, right, tie, both_bad.${hint}`);
  }
  const { voter } = said;
  const isNamed = typeof voter === "number" || (typeof voter === "string" && voter.trim() !== "");
  return {
    left: nameOf(said.left, "left", line),
    right: nameOf(said.right, "right", line),
    winner,
    voter: isNamed ? String(voter).trim() : null,
  };
}

/** Which column holds what. Where two could hold the same, our own name for it wins. */
function placesOf({ fields, line }: CsvRecord): ReadonlyMap<Field, number> {
  const places = new Map<Field, number>();
  for (const [index, name] of fields.entries()) {
    const key = name.trim().toLowerCase();
    const field = Object.hasOwn(COLUMNS, key) ? COLUMNS[key] : undefined;
    if (field !== undefined && (key === field || !places.has(field))) places.set(field, index);
  }
  const missing = (["left", "right", "winner"] as const).filter((field) => !places.has(field));
  if (missing.length > 0) {
    throw new VotesError(
      `line ${line}: no column ${missing.map((name) => `"${name}"`).join(", ")}; it begins with "${fields.join(",").slice(0, 80)}"`,
    );
  }
  return places;
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function readTable(bytes: Uint8Array): Promise<readonly Vote[]> {
  const votes: Vote[] = [];
  let places: ReadonlyMap<Field, number> | null = null;
  for await (const records of readCsv(chunksOf(bytes)))
    for (const record of records) {
      if (places === null) {
        places = placesOf(record);
        continue;
      }
      const said = Object.fromEntries([...places].map(([field, index]) => [field, record.fields[index]]));
      votes.push(voteOf(said, record.line));
    }
  return votes;
}

function parseLine(text: string, line: number): Said {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new VotesError(`line ${line}: no JSON, although the file begins as NDJSON`);
  }
  if (!isJsonObject(json)) throw new VotesError(`line ${line}: no JSON object`);
  if (json.version !== undefined && json.version !== VOTES_VERSION) {
    throw new VotesError(
      `line ${line}: written by another version of Lodestar (format ${JSON.stringify(json.version)}, this one reads ${VOTES_VERSION})`,
    );
  }
  const said: Partial<Record<Field, unknown>> = {};
  for (const [key, value] of Object.entries(json)) {
    const field = Object.hasOwn(COLUMNS, key) ? COLUMNS[key] : undefined;
    if (field !== undefined && (key === field || said[field] === undefined)) said[field] = value;
  }
  return said;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new VotesError("it is no UTF-8 text");
  }
}

function readLines(text: string): readonly Vote[] {
  return text.split("\n").flatMap((line, index) => {
    const trimmed = line.trim();
    return trimmed === "" ? [] : [voteOf(parseLine(trimmed, index + 1), index + 1)];
  });
}

/**
 * The votes of a file: NDJSON where it begins with a brace, else CSV with a line of names. Columns are left, right, winner
 * (left, right, tie, both_bad) and, where it is known, voter; others are left out. Throws a {@link VotesError}.
 */
export async function readVotes(bytes: Uint8Array): Promise<readonly Vote[]> {
  const text = decode(bytes);
  try {
    const votes = text.trimStart().startsWith("{") ? readLines(text) : await readTable(bytes);
    if (votes.length === 0) throw new VotesError("it holds no votes");
    if (votes.length > MOST_VOTES) throw new VotesError(`it holds more than ${MOST_VOTES} votes`);
    return votes;
  } catch (error) {
    if (error instanceof CsvError) throw new VotesError(error.message, { cause: error });
    throw error;
  }
}
