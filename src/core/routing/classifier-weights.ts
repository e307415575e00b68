import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { FEATURE_GROUPS } from "./classifier-features.ts";

/** A group of classes that exclude one another; the columns of its weights follow those of the head before. */
export interface Head {
  readonly classes: readonly string[];
  readonly bias: readonly number[];
  /** What a class's weights, held as whole numbers from -127 to 127, are multiplied by. */
  readonly scales: readonly number[];
  /** What scores are divided by before they become probabilities. */
  readonly temperature: number;
  /** Below this highest probability the head abstains. */
  readonly abstainBelow: number;
}

/**
 * The weights of linear classifiers over hashed features. Features stand in an open-addressed table of 2^`bits` places: the
 * hash's first bits are the place, eight others its mark (0 is empty), the next place is tried where another mark stands.
 */
export interface ClassifierWeights {
  readonly bits: number;
  /** How long each group of features is made. */
  readonly gains: readonly number[];
  readonly heads: readonly Head[];
  readonly marks: Uint8Array;
  /** The weights of place p stand at `p * columns`, one for each class of each head. */
  readonly values: Int8Array;
  readonly columns: number;
}

/** `LSRC`, little endian, and the version of the layout behind it. */
const MAGIC = 0x4352534c;
const VERSION = 1;
const HEADER_AT = 12;

/** The eight bits that tell a feature from others of its place; never 0. */
export function markOf(hash: number): number {
  return (hash & 0xff) === 0 ? 1 : hash & 0xff;
}

/** The place of a feature in a table of marks; -1 where the table does not know it. */
export function placeOf(marks: Uint8Array, bits: number, hash: number): number {
  const mark = markOf(hash);
  const last = marks.length - 1;
  let place = hash >>> (32 - bits);
  for (let found = marks[place]; found !== 0; found = marks[place]) {
    if (found === mark) return place;
    place = (place + 1) & last;
  }
  return -1;
}

/** Writes weights as bytes: magic, version, length of the header, header (JSON), marks, values. */
export function encodeWeights(weights: ClassifierWeights): Uint8Array {
  const { bits, gains, heads, marks, values } = weights;
  const header = new TextEncoder().encode(JSON.stringify({ bits, gains, heads }));
  const bytes = new Uint8Array(HEADER_AT + header.length + marks.length + values.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, header.length, true);
  bytes.set(header, HEADER_AT);
  bytes.set(marks, HEADER_AT + header.length);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.length), HEADER_AT + header.length + marks.length);
  return bytes;
}

function numbersOf(value: JsonValue | undefined): readonly number[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "number") : [];
}

function headOf(value: JsonValue): Head {
  const json: JsonObject = isJsonObject(value) ? value : {};
  const classes = Array.isArray(json.classes) ? json.classes.filter((name) => typeof name === "string") : [];
  const head = { classes, bias: numbersOf(json.bias), scales: numbersOf(json.scales) };
  const { temperature, abstainBelow } = json;
  const isWhole = head.bias.length === classes.length && head.scales.length === classes.length && classes.length > 0;
  if (!isWhole || typeof temperature !== "number" || typeof abstainBelow !== "number")
    throw new Error("the classifier's weights hold a head that is not whole");
  return { ...head, temperature, abstainBelow };
}

/** Reads what {@link encodeWeights} wrote; throws on anything else, since the bytes are built with the program. */
export function decodeWeights(bytes: Uint8Array): ClassifierWeights {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_AT || view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== VERSION)
    throw new Error("these bytes are no classifier's weights of this version");
  const marksAt = HEADER_AT + view.getUint32(8, true);
  const header: JsonValue = JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER_AT, marksAt)));
  const json: JsonObject = isJsonObject(header) ? header : {};
  const bits = typeof json.bits === "number" ? json.bits : 0;
  const heads = Array.isArray(json.heads) ? json.heads.map(headOf) : [];
  const columns = heads.reduce((sum, head) => sum + head.classes.length, 0);
  const valuesAt = marksAt + 2 ** bits;
  const gains = numbersOf(json.gains);
  if (gains.length !== FEATURE_GROUPS.length || bytes.length !== valuesAt + columns * 2 ** bits)
    throw new Error("the classifier's weights are cut off");
  const values = new Int8Array(bytes.buffer, bytes.byteOffset + valuesAt, columns * 2 ** bits);
  return { bits, gains, heads, marks: bytes.subarray(marksAt, valuesAt), values, columns };
}
