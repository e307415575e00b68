import { failure, type Result, success } from "../result.ts";
import { createGgufCursor, type GgufCursor, type GgufFault } from "./cursor.ts";
import { type GgufMetadata, readGgufMetadata } from "./metadata.ts";
import { type TensorType, tensorTypeOf } from "./types.ts";

/** One tensor of the table. */
export interface GgufTensor {
  readonly name: string;
  readonly type: TensorType;
  /** Innermost dimension first. */
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** The header of a GGUF file: everything but the weights. */
export interface GgufHeader {
  readonly version: number;
  readonly isLittleEndian: boolean;
  readonly metadata: GgufMetadata;
  readonly tensors: readonly GgufTensor[];
  /** Where the weights begin. */
  readonly dataOffset: number;
}

/** What a look at the first bytes of a file gave: the header, or how many bytes are needed to go on. */
export type GgufLook =
  | { readonly kind: "header"; readonly header: GgufHeader }
  | { readonly kind: "needs"; readonly bytes: number };

const MAGIC = 0x47475546;
const MOST_DIMENSIONS = 4;
const DEFAULT_ALIGNMENT = 32;
/** Of a metadata pair: an empty key, its type, one byte. */
const LEAST_PAIR_BYTES = 8 + 4 + 1;
/** Of a tensor: an empty name, no dimension, type, offset. */
const LEAST_TENSOR_BYTES = 8 + 4 + 4 + 8;

/** Version and byte order: a file of the other order has the version's bytes the other way round. Source: gguf.md, "File Structure". */
function readStart(prefix: Uint8Array): Result<{ version: number; isLittleEndian: boolean }, GgufFault> {
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  if (view.getUint32(0) !== MAGIC) {
    const found = [...prefix.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    return failure({ kind: "not-gguf", offset: 0, message: `the file begins with ${found}, not with "GGUF"` });
  }
  const little = view.getUint32(4, true);
  const isLittleEndian = little <= 0xffff;
  const version = isLittleEndian ? little : view.getUint32(4, false);
  if (version === 2 || version === 3) return success({ version, isLittleEndian });
  const kind = version === 1 ? "old-version" : "unknown-version";
  return failure({ kind, offset: 4, message: `the format's version is ${version}; 2 and 3 can be read` });
}

function readShape(cursor: GgufCursor, name: string): readonly number[] {
  const start = cursor.offset();
  const dimensions = cursor.u32();
  if (dimensions > MOST_DIMENSIONS) {
    const message = `the tensor "${name}" has ${dimensions} dimensions; ${MOST_DIMENSIONS} is the most`;
    cursor.fail("bad-shape", message, start);
    return [];
  }
  return Array.from({ length: dimensions }, () =>
    cursor.size("bad-shape", Number.MAX_SAFE_INTEGER, `a dimension of "${name}"`),
  );
}

/** Weights of a tensor; 0 and a fault where its shape does not go into whole blocks. */
function bytesOf(cursor: GgufCursor, name: string, shape: readonly number[], type: TensorType): number {
  const elements = shape.reduce((product, size) => product * size, 1);
  const [row = 1] = shape;
  if (Number.isSafeInteger(elements) && row % type.blockElements === 0) {
    const bytes = (elements / type.blockElements) * type.blockBytes;
    if (Number.isSafeInteger(bytes)) return bytes;
  }
  cursor.fail("bad-shape", `the tensor "${name}" (${shape.join(" x ")}, ${type.name}) has no whole number of blocks`);
  return 0;
}

interface Placed extends GgufTensor {
  /** From where the weights begin. */
  readonly offset: number;
}

function readTensor(cursor: GgufCursor, fileBytes: number): Placed | null {
  const name = cursor.text("a tensor's name");
  const shape = readShape(cursor, name);
  const typeId = cursor.u32();
  const type = tensorTypeOf(typeId);
  if (cursor.stop()) return null;
  if (type === null) {
    cursor.fail("unknown-tensor-type", `the tensor "${name}" is of type ${typeId}`, cursor.offset() - 4);
    return null;
  }
  const bytes = bytesOf(cursor, name, shape, type);
  const offset = cursor.size("impossible-length", fileBytes, `the place of "${name}"`);
  return { name, shape, type, bytes, offset };
}

function alignmentOf(cursor: GgufCursor, metadata: GgufMetadata): number {
  const said = metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  if (typeof said === "number" && said >= 8 && said <= 65_536 && said % 8 === 0) return said;
  cursor.fail("bad-alignment", "general.alignment must be a multiple of 8");
  return DEFAULT_ALIGNMENT;
}

/** The weights must be there: a download that broke off has a good header and a short body. */
function checkBody(cursor: GgufCursor, tensors: readonly Placed[], dataOffset: number, fileBytes: number): void {
  for (const { name, bytes, offset } of tensors) {
    const end = dataOffset + offset + bytes;
    if (end <= fileBytes) continue;
    const message = `the tensor "${name}" should end at byte ${end}, but the file ends at ${fileBytes}`;
    cursor.fail("truncated", message, dataOffset + offset);
    return;
  }
}

function readHeader(cursor: GgufCursor, start: { version: number; isLittleEndian: boolean }, fileBytes: number) {
  cursor.skip(8);
  const left = (): number => fileBytes - cursor.offset();
  const mostTensors = Math.floor(left() / LEAST_TENSOR_BYTES);
  const tensorCount = cursor.size("impossible-count", mostTensors, "the number of tensors");
  const mostPairs = Math.floor(Math.max(0, left() - 8) / LEAST_PAIR_BYTES);
  const pairCount = cursor.size("impossible-count", mostPairs, "the number of metadata pairs");
  const metadata = readGgufMetadata(cursor, pairCount, left);
  const tensors: Placed[] = [];
  while (tensors.length < tensorCount && !cursor.stop()) {
    const tensor = readTensor(cursor, fileBytes);
    if (tensor !== null) tensors.push(tensor);
  }
  const alignment = alignmentOf(cursor, metadata);
  const dataOffset = Math.ceil(cursor.offset() / alignment) * alignment;
  checkBody(cursor, tensors, dataOffset, fileBytes);
  const shown = tensors.map(({ offset: _, ...tensor }) => tensor);
  return { ...start, metadata, tensors: shown, dataOffset };
}

/**
 * Reads the header of a GGUF file (v2 and v3, both byte orders) from its first bytes; where they are too few, the answer is
 * how many to come back with. Nothing that the file says makes it read or keep more than is there: counts and lengths are
 * held against `fileBytes` before they are believed. Source: github.com/ggml-org/ggml, docs/gguf.md.
 */
export function readGguf(prefix: Uint8Array, fileBytes: number): Result<GgufLook, GgufFault> {
  if (fileBytes < 24) {
    return failure({ kind: "truncated", offset: 0, message: `the file has ${fileBytes} bytes, less than a header` });
  }
  if (prefix.byteLength < 24) return success({ kind: "needs", bytes: 24 });
  const start = readStart(prefix);
  if (!start.ok) return start;
  const cursor = createGgufCursor(prefix, fileBytes, start.value.isLittleEndian);
  const header = readHeader(cursor, start.value, fileBytes);
  const fault = cursor.fault();
  if (fault !== null) return failure(fault);
  const wanted = cursor.wanted();
  return success(wanted === null ? { kind: "header", header } : { kind: "needs", bytes: wanted });
}
