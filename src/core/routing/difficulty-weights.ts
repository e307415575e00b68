import { isJsonObject, type JsonValue } from "../json.ts";

/** What difficulty is read from: a table of hashed words and pairs, without probing. Places and their marks are parts of the hash. */
export interface DifficultyWeights {
  /** The score of a text of nothing known. */
  readonly base: number;
  /** The mean outcome of the texts it was learnt from. */
  readonly usual: number;
  /** What a place's weight times its rarity, both whole numbers, is multiplied by. */
  readonly scale: number;
  /** A text of which less is known is unlike the data. */
  readonly leastKnown: number;
  /** Calibration: from a score of `from[i]` on, the chance is `to[i]`. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** Eight bits of the feature of each place; 0 is empty. */
  readonly marks: Uint8Array;
  readonly rarities: Uint8Array;
  readonly values: Int8Array;
}

/** The table has 2^17 places. */
export const DIFFICULTY_BITS = 17;
const PLACES = 2 ** DIFFICULTY_BITS;
/** `LSRD`, little endian. */
const MAGIC = 0x4452534c;
const VERSION = 1;
const HEADER_AT = 12;

/** The mark of a hash; never 0. */
export function difficultyMark(hash: number): number {
  return (hash & 0xff) === 0 ? 1 : hash & 0xff;
}

/** The place of a hash. */
export function difficultyPlace(hash: number): number {
  return hash >>> (32 - DIFFICULTY_BITS);
}

/** The place of a hash that the table knows; -1 otherwise. */
export function knownPlace(marks: Uint8Array, hash: number): number {
  const place = difficultyPlace(hash);
  return marks[place] === difficultyMark(hash) ? place : -1;
}

/** Writes weights as bytes: magic, version, length of the header, header (JSON), marks, rarities, values. */
export function encodeDifficulty(weights: DifficultyWeights): Uint8Array {
  const { base, usual, scale, leastKnown, from, to, marks, rarities, values } = weights;
  const header = new TextEncoder().encode(JSON.stringify({ base, usual, scale, leastKnown, from, to }));
  const bytes = new Uint8Array(HEADER_AT + header.length + 3 * PLACES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, header.length, true);
  bytes.set(header, HEADER_AT);
  const at = HEADER_AT + header.length;
  bytes.set(marks, at);
  bytes.set(rarities, at + PLACES);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.length), at + 2 * PLACES);
  return bytes;
}

function numbersOf(value: JsonValue | undefined): readonly number[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "number") : [];
}

/** Reads what {@link encodeDifficulty} wrote; throws on anything else, since the bytes are built with the program. */
export function decodeDifficulty(bytes: Uint8Array): DifficultyWeights {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_AT || view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== VERSION)
    throw new Error("these bytes are no weights of difficulty of this version");
  const at = HEADER_AT + view.getUint32(8, true);
  if (bytes.length !== at + 3 * PLACES) throw new Error("the weights of difficulty are cut off");
  const header: JsonValue = JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER_AT, at)));
  const { base, usual, scale, leastKnown, from, to } = isJsonObject(header) ? header : {};
  const isWhole = typeof scale === "number" && typeof leastKnown === "number" && typeof usual === "number";
  if (typeof base !== "number" || !isWhole) throw new Error("the weights of difficulty have no whole header");
  return {
    base,
    usual,
    scale,
    leastKnown,
    from: numbersOf(from),
    to: numbersOf(to),
    marks: bytes.subarray(at, at + PLACES),
    rarities: bytes.subarray(at + PLACES, at + 2 * PLACES),
    values: new Int8Array(bytes.buffer, bytes.byteOffset + at + 2 * PLACES, PLACES),
  };
}
