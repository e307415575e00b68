/** Why a GGUF header cannot be used. `offset` is the byte where the trouble is. */
export interface GgufFault {
  readonly kind:
    | "not-gguf"
    | "old-version"
    | "unknown-version"
    | "truncated"
    | "impossible-count"
    | "impossible-length"
    | "unknown-value-type"
    | "unknown-tensor-type"
    | "too-deep"
    | "bad-text"
    | "bad-shape"
    | "duplicate-key"
    | "bad-alignment"
    | "missing-key";
  readonly offset: number;
  /** For people: what stands there, and what was expected. */
  readonly message: string;
}

/**
 * A reader over the first bytes of a file. The first trouble is kept: from then on every read answers 0 or "" at once, so
 * that a parser looks at `stop` in its loops instead of after each read. A read beyond the bytes at hand but within the
 * file is no fault: it makes `wanted` the length that is needed.
 */
export interface GgufCursor {
  readonly offset: () => number;
  readonly stop: () => boolean;
  readonly fault: () => GgufFault | null;
  readonly wanted: () => number | null;
  fail(kind: GgufFault["kind"], message: string, at?: number): void;
  u8(): number;
  i8(): number;
  u16(): number;
  i16(): number;
  u32(): number;
  i32(): number;
  f32(): number;
  f64(): number;
  /** Exact up to 2^53; more is told as a bigint by `i64`, and is a fault for a length or count. */
  u64(): bigint;
  i64(): bigint;
  /** A length or count: at most `most`, else a fault of `kind`. */
  size(kind: GgufFault["kind"], most: number, what: string): number;
  text(what: string): string;
  skip(bytes: number): void;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** A cursor over `prefix`, the first bytes of a file of `fileBytes`. */
export function createGgufCursor(prefix: Uint8Array, fileBytes: number, isLittleEndian: boolean): GgufCursor {
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  let at = 0;
  let fault: GgufFault | null = null;
  let wanted: number | null = null;

  function fail(kind: GgufFault["kind"], message: string, offset = at): void {
    if (fault === null && wanted === null) fault = { kind, offset, message };
  }
  /** Whether so many bytes can be read now; the cursor is moved past them. */
  function take(bytes: number): number | null {
    if (fault !== null || wanted !== null) return null;
    const start = at;
    if (start + bytes > fileBytes) {
      fail("truncated", `the file ends at byte ${fileBytes}, in the middle of ${bytes} bytes that begin at ${start}`);
      return null;
    }
    if (start + bytes > prefix.byteLength) {
      wanted = start + bytes;
      return null;
    }
    at += bytes;
    return start;
  }
  function number<Value>(bytes: number, zero: Value, read: (start: number) => Value): Value {
    const start = take(bytes);
    return start === null ? zero : read(start);
  }
  function u64(): bigint {
    return number(8, 0n, (start) => view.getBigUint64(start, isLittleEndian));
  }
  function size(kind: GgufFault["kind"], most: number, what: string): number {
    const start = at;
    const value = u64();
    if (value <= BigInt(most)) return Number(value);
    const said = value > 0x7fff_ffff_ffff_ffffn ? `${BigInt.asIntN(64, value)}` : `${value}`;
    fail(kind, `${what} is ${said}, but the rest of the file has room for ${most} at most`, start);
    return 0;
  }
  return {
    offset: () => at,
    stop: () => fault !== null || wanted !== null,
    fault: () => fault,
    wanted: () => wanted,
    fail,
    u8: () => number(1, 0, (start) => view.getUint8(start)),
    i8: () => number(1, 0, (start) => view.getInt8(start)),
    u16: () => number(2, 0, (start) => view.getUint16(start, isLittleEndian)),
    i16: () => number(2, 0, (start) => view.getInt16(start, isLittleEndian)),
    u32: () => number(4, 0, (start) => view.getUint32(start, isLittleEndian)),
    i32: () => number(4, 0, (start) => view.getInt32(start, isLittleEndian)),
    f32: () => number(4, 0, (start) => view.getFloat32(start, isLittleEndian)),
    f64: () => number(8, 0, (start) => view.getFloat64(start, isLittleEndian)),
    i64: () => number(8, 0n, (start) => view.getBigInt64(start, isLittleEndian)),
    u64,
    size,
    text(what) {
      const length = size("impossible-length", Math.max(0, fileBytes - at - 8), `the length of ${what}`);
      const start = take(length);
      if (start === null) return "";
      try {
        return UTF8.decode(prefix.subarray(start, start + length));
      } catch {
        fail("bad-text", `${what} is not UTF-8`, start);
        return "";
      }
    },
    skip(bytes) {
      take(bytes);
    },
  };
}
