import type { GgufCursor } from "./cursor.ts";

/** A list in the metadata. Long ones (vocabularies) are walked over, not kept: then `values` is null. */
export interface GgufList {
  readonly count: number;
  readonly values: readonly GgufValue[] | null;
}

/** A value of the metadata. 64-bit integers beyond 2^53 lose their last digits: no key that is read here is that large. */
export type GgufValue = number | boolean | string | GgufList;

/** Metadata by key. */
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Lists up to this long are kept: one value a layer, never a vocabulary. */
const MOST_KEPT = 1_024;
/** The format has no list of lists in use; a file that nests deeper than this means harm. */
const MOST_DEPTH = 4;

const STRING = 8;
const LIST = 9;

/** The bytes of one value of a type of fixed size; the least that one can take, for the others. */
const LEAST_BYTES: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8];

function readScalar(cursor: GgufCursor, type: number): number | boolean {
  switch (type) {
    case 0:
      return cursor.u8();
    case 1:
      return cursor.i8();
    case 2:
      return cursor.u16();
    case 3:
      return cursor.i16();
    case 4:
      return cursor.u32();
    case 5:
      return cursor.i32();
    case 6:
      return cursor.f32();
    case 7:
      return cursor.u8() !== 0;
    case 10:
      return Number(cursor.u64());
    case 11:
      return Number(cursor.i64());
    case 12:
      return cursor.f64();
    default:
      cursor.fail("unknown-value-type", `a value of type ${type}, which the format does not have`, cursor.offset() - 4);
      return 0;
  }
}

function walkStrings(cursor: GgufCursor, count: number, left: () => number, what: string): void {
  for (let index = 0; index < count && !cursor.stop(); index += 1) {
    cursor.skip(cursor.size("impossible-length", Math.max(0, left() - 8), `the length of a text in ${what}`));
  }
}

function readList(cursor: GgufCursor, what: string, depth: number, left: () => number): GgufList {
  if (depth > MOST_DEPTH) {
    cursor.fail("too-deep", `lists within lists, more than ${MOST_DEPTH} deep, in ${what}`);
    return { count: 0, values: null };
  }
  const type = cursor.u32();
  const least = LEAST_BYTES[type];
  if (least === undefined) {
    cursor.fail("unknown-value-type", `a list of type ${type}, which the format does not have`, cursor.offset() - 4);
    return { count: 0, values: null };
  }
  const most = Math.floor(Math.max(0, left() - 8) / least);
  const count = cursor.size("impossible-count", most, `the number of values in ${what}`);
  if (count > MOST_KEPT && type !== LIST) {
    if (type === STRING) walkStrings(cursor, count, left, what);
    else cursor.skip(count * least);
    return { count, values: null };
  }
  const values: GgufValue[] = [];
  for (let index = 0; index < count && !cursor.stop(); index += 1) {
    const value = readValue(cursor, type, what, depth + 1, left);
    if (values.length < MOST_KEPT) values.push(value);
  }
  return { count, values: count > MOST_KEPT ? null : values };
}

function readValue(cursor: GgufCursor, type: number, what: string, depth: number, left: () => number): GgufValue {
  if (type === STRING) return cursor.text(what);
  if (type === LIST) return readList(cursor, what, depth, left);
  return readScalar(cursor, type);
}

/** Reads `count` pairs. `left` is how many bytes of the file are still ahead. */
export function readGgufMetadata(cursor: GgufCursor, count: number, left: () => number): GgufMetadata {
  const metadata = new Map<string, GgufValue>();
  for (let index = 0; index < count && !cursor.stop(); index += 1) {
    const start = cursor.offset();
    const key = cursor.text("a metadata key");
    const type = cursor.u32();
    const value = readValue(cursor, type, `"${key}"`, 1, left);
    if (cursor.stop()) break;
    if (metadata.has(key)) cursor.fail("duplicate-key", `the key "${key}" stands there a second time`, start);
    metadata.set(key, value);
  }
  return metadata;
}
