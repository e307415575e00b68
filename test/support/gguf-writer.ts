/** A value with the type it is written as. */
export type WrittenValue =
  | { readonly type: "u8" | "i8" | "u16" | "i16" | "u32" | "i32" | "f32" | "f64"; readonly value: number }
  | { readonly type: "u64" | "i64"; readonly value: bigint }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "list"; readonly of: WrittenValue["type"]; readonly values: readonly WrittenValue[] };

type PlainNumber = Extract<WrittenValue, { readonly value: number | boolean }>;

/** A tensor as it is written; its bytes are zeros. */
export interface WrittenTensor {
  readonly name: string;
  readonly typeId: number;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** A whole file as it is written. */
export interface WrittenGguf {
  readonly metadata: readonly (readonly [key: string, value: WrittenValue])[];
  readonly tensors: readonly WrittenTensor[];
  readonly version?: 2 | 3;
  readonly isLittleEndian?: boolean;
}

const TYPE_IDS: Readonly<Record<WrittenValue["type"], number>> = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  list: 9,
  u64: 10,
  i64: 11,
  f64: 12,
};
const ALIGNMENT = 32;

/** Writes numbers one after another, in one byte order. */
class Bytes {
  length = 0;
  private readonly parts: Uint8Array[] = [];
  private readonly isLittleEndian: boolean;

  constructor(isLittleEndian: boolean) {
    this.isLittleEndian = isLittleEndian;
  }

  put(size: number, write: (view: DataView, little: boolean) => void): void {
    const part = new Uint8Array(size);
    write(new DataView(part.buffer), this.isLittleEndian);
    this.add(part);
  }

  add(part: Uint8Array): void {
    this.parts.push(part);
    this.length += part.byteLength;
  }

  u32(value: number): void {
    this.put(4, (view, little) => view.setUint32(0, value, little));
  }

  u64(value: bigint | number): void {
    this.put(8, (view, little) => view.setBigUint64(0, BigInt.asUintN(64, BigInt(value)), little));
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.u64(bytes.byteLength);
    this.add(bytes);
  }

  whole(): Uint8Array {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.byteLength;
    }
    return all;
  }
}

function putNumber(out: Bytes, { type, value }: PlainNumber): void {
  const size = { u8: 1, i8: 1, bool: 1, u16: 2, i16: 2, u32: 4, i32: 4, f32: 4, f64: 8 }[type];
  out.put(size, (view, little) => {
    if (type === "u8" || type === "i8" || type === "bool") view.setUint8(0, Number(value));
    else if (type === "u16" || type === "i16") view.setUint16(0, Number(value), little);
    else if (type === "f32") view.setFloat32(0, value, little);
    else if (type === "f64") view.setFloat64(0, value, little);
    else view.setUint32(0, Number(value), little);
  });
}

function putValue(out: Bytes, value: WrittenValue): void {
  if (value.type === "string") out.text(value.value);
  else if (value.type === "list") {
    out.u32(TYPE_IDS[value.of]);
    out.u64(value.values.length);
    for (const one of value.values) putValue(out, one);
  } else if (typeof value.value === "bigint") out.u64(value.value);
  else putNumber(out, value as PlainNumber);
}

/** A GGUF file: header, metadata, tensor table and as many zeros as its tensors have bytes. */
export function writeGguf({ metadata, tensors, version = 3, isLittleEndian = true }: WrittenGguf): Uint8Array {
  const out = new Bytes(isLittleEndian);
  out.add(new TextEncoder().encode("GGUF"));
  out.u32(version);
  out.u64(tensors.length);
  out.u64(metadata.length);
  for (const [key, value] of metadata) {
    out.text(key);
    out.u32(TYPE_IDS[value.type]);
    putValue(out, value);
  }
  let offset = 0;
  for (const { name, typeId, shape, bytes } of tensors) {
    out.text(name);
    out.u32(shape.length);
    for (const size of shape) out.u64(size);
    out.u32(typeId);
    out.u64(offset);
    offset += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  }
  const padding = (ALIGNMENT - (out.length % ALIGNMENT)) % ALIGNMENT;
  out.add(new Uint8Array(padding + offset));
  return out.whole();
}

/** A number as the metadata of models holds it. */
export function u32(value: number): WrittenValue {
  return { type: "u32", value };
}

/** A text. */
export function text(value: string): WrittenValue {
  return { type: "string", value };
}

/** A list of unsigned numbers. */
export function numbers(values: readonly number[]): WrittenValue {
  return { type: "list", of: "u32", values: values.map(u32) };
}

/** What a small model of one architecture says of itself, with `more` keys after its own. */
export function modelMetadata(
  architecture: string,
  own: Readonly<Record<string, WrittenValue>>,
  vocabulary = 8,
): WrittenGguf["metadata"] {
  const words = Array.from({ length: vocabulary }, (_, index) => text(`t${index}`));
  return [
    ["general.architecture", text(architecture)],
    ...Object.entries(own).map(([key, value]) => [`${architecture}.${key}`, value] as const),
    ["tokenizer.ggml.tokens", { type: "list", of: "string", values: words }],
  ];
}
