import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { GgufFault } from "../../src/core/gguf/cursor.ts";
import { type GgufHeader, readGguf } from "../../src/core/gguf/gguf.ts";
import type { GgufValue } from "../../src/core/gguf/metadata.ts";
import { fileTypeName, tensorTypeOf } from "../../src/core/gguf/types.ts";
import { numbers, text, u32, type WrittenGguf, type WrittenValue, writeGguf } from "../support/gguf-writer.ts";
import { processorMs } from "../support/own-time.ts";

function headerOf(bytes: Uint8Array): GgufHeader {
  const look = readGguf(bytes, bytes.byteLength);
  if (!look.ok || look.value.kind !== "header") throw new Error(JSON.stringify(look));
  return look.value.header;
}

function faultOf(bytes: Uint8Array, fileBytes = bytes.byteLength): GgufFault {
  const look = readGguf(bytes, fileBytes);
  if (look.ok) throw new Error(`read ${look.value.kind}`);
  return look.error;
}

const SMALL: WrittenGguf = {
  metadata: [
    ["general.architecture", text("llama")],
    ["llama.block_count", u32(2)],
  ],
  tensors: [
    { name: "token_embd.weight", typeId: 0, shape: [32, 4], bytes: 512 },
    { name: "blk.0.attn_q.weight", typeId: 12, shape: [256, 2], bytes: 288 },
  ],
};

/** The bytes of SMALL with some of them replaced. */
function broken(change: (view: DataView, bytes: Uint8Array) => void, file: WrittenGguf = SMALL): Uint8Array {
  const bytes = writeGguf(file);
  change(new DataView(bytes.buffer), bytes);
  return bytes;
}

const scalar: fc.Arbitrary<WrittenValue> = fc.oneof(
  fc.integer({ min: 0, max: 255 }).map((value) => ({ type: "u8" as const, value })),
  fc.integer({ min: -128, max: 127 }).map((value) => ({ type: "i8" as const, value })),
  fc.integer({ min: 0, max: 65_535 }).map((value) => ({ type: "u16" as const, value })),
  fc.integer({ min: -32_768, max: 32_767 }).map((value) => ({ type: "i16" as const, value })),
  fc.nat(0xffff_ffff).map((value) => ({ type: "u32" as const, value })),
  fc.integer().map((value) => ({ type: "i32" as const, value })),
  fc.float({ noNaN: true }).map((value) => ({ type: "f32" as const, value })),
  fc.double({ noNaN: true }).map((value) => ({ type: "f64" as const, value })),
  fc.maxSafeNat().map((value) => ({ type: "u64" as const, value: BigInt(value) })),
  fc.maxSafeInteger().map((value) => ({ type: "i64" as const, value: BigInt(value) })),
  fc.boolean().map((value) => ({ type: "bool" as const, value })),
  fc.string({ unit: "grapheme" }).map((value) => ({ type: "string" as const, value })),
);

const list: fc.Arbitrary<WrittenValue> = fc.oneof(
  fc.array(fc.nat(1_000), { maxLength: 40 }).map(numbers),
  fc
    .array(fc.string(), { maxLength: 40 })
    .map((values) => ({ type: "list" as const, of: "string" as const, values: values.map(text) })),
  fc
    .array(fc.array(fc.nat(9), { maxLength: 3 }), { maxLength: 3 })
    .map((values) => ({ type: "list" as const, of: "list" as const, values: values.map(numbers) })),
);

const file: fc.Arbitrary<WrittenGguf> = fc.record({
  metadata: fc
    .uniqueArray(fc.string({ minLength: 1 }), { maxLength: 12 })
    .chain((keys) =>
      fc.tuple(
        ...keys.map((key) =>
          fc.oneof(scalar, list).map((value) => [key.replace("general.alignment", "x"), value] as const),
        ),
      ),
    ),
  tensors: fc.array(
    fc.record({ rows: fc.integer({ min: 1, max: 6 }), name: fc.string() }).map(({ rows, name }) => ({
      name,
      typeId: 2,
      shape: [64, rows],
      bytes: 36 * rows,
    })),
    { maxLength: 6 },
  ),
  version: fc.constantFrom(2 as const, 3 as const),
  isLittleEndian: fc.boolean(),
});

/** What a reader should make of a value that was written. */
function readable(value: WrittenValue): GgufValue {
  switch (value.type) {
    case "list":
      return { count: value.values.length, values: value.values.map(readable) };
    case "u64":
    case "i64":
      return Number(value.value);
    case "f32":
      return Math.fround(value.value);
    default:
      return value.value;
  }
}

describe("a GGUF header", () => {
  test("says what was written, in both byte orders and versions", () => {
    fc.assert(
      fc.property(file, (written) => {
        const header = headerOf(writeGguf(written));
        expect(header.isLittleEndian).toBe(written.isLittleEndian ?? true);
        expect(header.version).toBe(written.version ?? 3);
        expect([...header.metadata]).toEqual(written.metadata.map(([key, value]) => [key, readable(value)]));
        expect(header.tensors.map(({ name, bytes, shape }) => ({ name, bytes, shape }))).toEqual(
          written.tensors.map(({ name, bytes, shape }) => ({ name, bytes, shape: [...shape] })),
        );
        expect(header.dataOffset % 32).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  test("read from too few bytes asks for more, and never for more than the file has", () => {
    fc.assert(
      fc.property(file, fc.double({ min: 0, max: 1, noNaN: true }), (written, share) => {
        const bytes = writeGguf(written);
        let length = Math.floor(bytes.byteLength * share);
        for (let round = 0; round < 400; round += 1) {
          const look = readGguf(bytes.subarray(0, length), bytes.byteLength);
          if (!look.ok) throw new Error(look.error.message);
          if (look.value.kind === "header") return;
          expect(look.value.bytes).toBeGreaterThan(length);
          expect(look.value.bytes).toBeLessThanOrEqual(bytes.byteLength);
          length = look.value.bytes;
        }
        throw new Error("no end");
      }),
      { numRuns: 60 },
    );
  });

  test("with any bytes changed is a header or a fault with a place in the file, quickly, and never a throw", () => {
    const changes = fc.array(fc.record({ at: fc.nat(400), byte: fc.nat(255) }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(file, changes, (written, some) => {
        const bytes = writeGguf(written);
        for (const { at, byte } of some) bytes[at % bytes.byteLength] = byte;
        const look = readGguf(bytes, bytes.byteLength);
        expect(processorMs(() => readGguf(bytes, bytes.byteLength))).toBeLessThan(500);
        if (look.ok) return expect(look.value.kind).toBe("header");
        expect(look.error.offset).toBeGreaterThanOrEqual(0);
        expect(look.error.offset).toBeLessThanOrEqual(bytes.byteLength);
        expect(look.error.message).not.toBe("");
      }),
      { numRuns: 400 },
    );
  });

  test("cut anywhere is truncated, whatever was cut off", () => {
    const bytes = writeGguf(SMALL);
    for (let length = 24; length < bytes.byteLength - 32; length += 1) {
      const { kind } = faultOf(bytes.subarray(0, length));
      expect(["truncated", "impossible-count", "impossible-length"]).toContain(kind);
    }
  });

  const hostile: readonly (readonly [string, GgufFault["kind"], number, () => Uint8Array])[] = [
    ["another magic", "not-gguf", 0, () => broken((view) => view.setUint32(0, 0x50_4b_03_04))],
    ["version 1", "old-version", 4, () => broken((view) => view.setUint32(4, 1, true))],
    ["version 900", "unknown-version", 4, () => broken((view) => view.setUint32(4, 900, true))],
    ["2^60 tensors", "impossible-count", 8, () => broken((view) => view.setBigUint64(8, 2n ** 60n, true))],
    ["-1 metadata pairs", "impossible-count", 16, () => broken((view) => view.setBigInt64(16, -1n, true))],
    ["a key of -5 bytes", "impossible-length", 24, () => broken((view) => view.setBigInt64(24, -5n, true))],
    ["a value of type 77", "unknown-value-type", 52, () => broken((view) => view.setUint32(52, 77, true))],
    ["a key that is not UTF-8", "bad-text", 32, () => broken((_, bytes) => bytes.fill(0xff, 32, 36))],
  ];
  for (const [name, kind, offset, make] of hostile) {
    test(`with ${name} is a ${kind} fault at byte ${offset}`, () => {
      expect(faultOf(make())).toMatchObject({ kind, offset });
    });
  }

  const wrong: readonly (readonly [string, GgufFault["kind"], Partial<WrittenGguf>])[] = [
    [
      "a key twice",
      "duplicate-key",
      {
        metadata: [
          ["a", u32(1)],
          ["a", u32(2)],
        ],
      },
    ],
    ["an alignment of 7", "bad-alignment", { metadata: [["general.alignment", u32(7)]] }],
    [
      "a tensor of an unknown type",
      "unknown-tensor-type",
      { tensors: [{ name: "t", typeId: 4, shape: [32], bytes: 0 }] },
    ],
    ["half a block", "bad-shape", { tensors: [{ name: "t", typeId: 2, shape: [33], bytes: 0 }] }],
    ["nine dimensions", "bad-shape", { tensors: [{ name: "t", typeId: 0, shape: Array(9).fill(1), bytes: 0 }] }],
    [
      "more elements than numbers can say",
      "bad-shape",
      { tensors: [{ name: "t", typeId: 0, shape: [2 ** 40, 2 ** 40], bytes: 0 }] },
    ],
    ["weights beyond its end", "truncated", { tensors: [{ name: "t", typeId: 0, shape: [1024], bytes: 0 }] }],
  ];
  for (const [name, kind, change] of wrong) {
    test(`with ${name} is a ${kind} fault that names it`, () => {
      expect(faultOf(writeGguf({ ...SMALL, ...change })).kind).toBe(kind);
    });
  }

  test("with lists nested without end is refused, and its depth does not reach the stack", () => {
    let nested: WrittenValue = numbers([1]);
    for (let depth = 0; depth < 2_000; depth += 1) nested = { type: "list", of: "list", values: [nested] };
    expect(faultOf(writeGguf({ metadata: [["deep", nested]], tensors: [] })).kind).toBe("too-deep");
  });

  test("with a list that says 2^40 values of nothing is refused before it is walked", () => {
    const bytes = writeGguf({ metadata: [["list", numbers([1, 2])]], tensors: [] });
    new DataView(bytes.buffer).setBigUint64(24 + 8 + 4 + 4 + 4, 2n ** 40n, true);
    expect(faultOf(bytes)).toMatchObject({ kind: "impossible-count", offset: 44 });
  });

  test("with a vocabulary is read without keeping it", () => {
    const words = Array.from({ length: 5_000 }, (_, index) => text(`token ${index}`));
    const metadata = [["tokenizer.ggml.tokens", { type: "list", of: "string", values: words }] as const];
    const header = headerOf(writeGguf({ metadata, tensors: [] }));
    expect(header.metadata.get("tokenizer.ggml.tokens")).toEqual({ count: 5_000, values: null });
  });

  test("of fewer bytes than a header is truncated", () => {
    expect(faultOf(new Uint8Array(3)).kind).toBe("truncated");
    expect(readGguf(new Uint8Array(3), 100)).toEqual({ ok: true, value: { kind: "needs", bytes: 24 } });
  });
});

test("types of tensors and files have the names that people know", () => {
  expect(tensorTypeOf(12)).toEqual({ name: "Q4_K", blockElements: 256, blockBytes: 144 });
  expect([tensorTypeOf(4), tensorTypeOf(99), fileTypeName(15), fileTypeName(4)]).toEqual([null, null, "Q4_K_M", null]);
});
