import { describe, expect, test } from "bun:test";
import { readGguf } from "../../src/core/gguf/gguf.ts";
import { factsOfGguf, shapeOfGguf } from "../../src/core/gguf/shape.ts";
import type { ModelShape } from "../../src/core/model-shape.ts";
import {
  modelMetadata,
  numbers,
  text,
  u32,
  type WrittenGguf,
  type WrittenValue,
  writeGguf,
} from "../support/gguf-writer.ts";

function look(file: WrittenGguf) {
  const bytes = writeGguf(file);
  const found = readGguf(bytes, bytes.byteLength);
  if (!found.ok || found.value.kind !== "header") throw new Error(JSON.stringify(found));
  return found.value.header;
}

function shapeOf(metadata: WrittenGguf["metadata"], tensors: WrittenGguf["tensors"] = []): ModelShape {
  const shape = shapeOfGguf(look({ metadata, tensors }));
  if (!shape.ok) throw new Error(shape.error.message);
  return shape.value;
}

const OWN: Readonly<Record<string, WrittenValue>> = {
  block_count: u32(4),
  embedding_length: u32(512),
  context_length: u32(8_192),
  "attention.head_count": u32(8),
};

describe("the shape of a model", () => {
  test("has the exact weights of every layer, and tells apart what engines place elsewhere", () => {
    const tensors = [
      { name: "token_embd.weight", typeId: 1, shape: [512, 8], bytes: 8_192 },
      { name: "blk.0.attn_q.weight", typeId: 12, shape: [512, 512], bytes: 147_456 },
      { name: "blk.0.attn_norm.weight", typeId: 0, shape: [512], bytes: 2_048 },
      { name: "blk.3.ffn_down.weight", typeId: 14, shape: [256, 512], bytes: 107_520 },
      { name: "output_norm.weight", typeId: 0, shape: [512], bytes: 2_048 },
      { name: "v.patch.weight", typeId: 0, shape: [16], bytes: 64 },
    ];
    const shape = shapeOf(modelMetadata("llama", OWN), tensors);
    expect(shape.layers.map(({ weightBytes }) => weightBytes)).toEqual([149_504, 0, 0, 107_520]);
    expect(shape).toMatchObject({ inputBytes: 8_192, outputBytes: 8_192 + 2_048, isOutputTied: true, otherBytes: 64 });
    const untied = [...tensors, { name: "output.weight", typeId: 0, shape: [512, 8], bytes: 16_384 }];
    const own = shapeOf(modelMetadata("llama", OWN), untied);
    expect(own).toMatchObject({ outputBytes: 16_384 + 2_048, isOutputTied: false, otherBytes: 64 });
  });

  test("without kv heads has as many as heads, and lengths shared out of the embedding", () => {
    const [layer] = shapeOf(modelMetadata("llama", OWN)).layers;
    expect(layer).toEqual({
      weightBytes: 0,
      kvHeads: 8,
      keyLength: 64,
      valueLength: 64,
      windowTokens: null,
      stateBytes: 0,
    });
  });

  test("takes kv heads by layer from a list", () => {
    const shape = shapeOf(modelMetadata("llama", { ...OWN, "attention.head_count_kv": numbers([1, 2, 4, 8]) }));
    expect(shape.layers.map(({ kvHeads }) => kvHeads)).toEqual([1, 2, 4, 8]);
  });

  const windows: readonly (readonly [string, string, Readonly<Record<string, WrittenValue>>, readonly boolean[]])[] = [
    ["every sixth of gemma3", "gemma3", { block_count: u32(7) }, [true, true, true, true, true, false, true]],
    ["every other of gemma2", "gemma2", {}, [true, false, true, false]],
    ["none of llama, window or not", "llama", {}, [false, false, false, false]],
    ["every third by a period", "llama", { "attention.sliding_window_pattern": u32(3) }, [true, true, false, true]],
    [
      "those of a list",
      "gemma4",
      {
        "attention.sliding_window_pattern": {
          type: "list",
          of: "bool",
          values: [true, false, false, true].map((value) => ({ type: "bool" as const, value })),
        },
      },
      [true, false, false, true],
    ],
  ];
  for (const [name, architecture, own, expected] of windows) {
    test(`looks back a window in ${name}`, () => {
      const shape = shapeOf(modelMetadata(architecture, { ...OWN, "attention.sliding_window": u32(512), ...own }));
      expect(shape.layers.map(({ windowTokens }) => windowTokens === 512)).toEqual([...expected]);
    });
  }

  test("has shorter keys in windowed layers where the file says so", () => {
    const own = {
      ...OWN,
      "attention.sliding_window": u32(512),
      "attention.key_length": u32(512),
      "attention.key_length_swa": u32(256),
    };
    expect(shapeOf(modelMetadata("gemma2", own)).layers.map(({ keyLength }) => keyLength)).toEqual([
      256, 512, 256, 512,
    ]);
  });

  test("keeps no cache in layers that share another's", () => {
    const shape = shapeOf(modelMetadata("gemma3n", { ...OWN, "attention.shared_kv_layers": u32(2) }));
    expect(shape.layers.map(({ kvHeads }) => kvHeads)).toEqual([8, 8, 0, 0]);
  });

  test("keeps a state instead of a cache in recurrent layers", () => {
    const own = {
      ...OWN,
      full_attention_interval: u32(4),
      "ssm.conv_kernel": u32(4),
      "ssm.inner_size": u32(100),
      "ssm.state_size": u32(10),
      "ssm.group_count": u32(1),
    };
    const { layers } = shapeOf(modelMetadata("qwen35", own));
    expect(layers.map(({ kvHeads }) => kvHeads)).toEqual([0, 0, 0, 8]);
    expect(layers.map(({ stateBytes }) => stateBytes)).toEqual([5_440, 5_440, 5_440, 0]);
  });

  test("takes the widest feed-forward, and that of an expert where there is no other", () => {
    expect(shapeOf(modelMetadata("x", { ...OWN, feed_forward_length: numbers([1, 9, 2, 3]) })).feedForward).toBe(9);
    const experts = { ...OWN, expert_count: u32(64), expert_feed_forward_length: u32(768) };
    expect(shapeOf(modelMetadata("x", experts))).toMatchObject({ feedForward: 768, experts: 64, vocabulary: 8 });
  });

  test("cannot be had of a file without architecture, or without layers", () => {
    const nothing = shapeOfGguf(look({ metadata: [["a", u32(1)]], tensors: [] }));
    expect(nothing).toMatchObject({ ok: false, error: { kind: "missing-key" } });
    for (const count of [0, 5_000_000]) {
      const metadata = modelMetadata("llama", { ...OWN, block_count: u32(count) });
      const shape = shapeOfGguf(look({ metadata, tensors: [] }));
      expect(shape).toMatchObject({ ok: false, error: { message: expect.stringContaining("llama.block_count") } });
    }
  });
});

test("facts tell of the template, filling in the middle, rotation and byte order", () => {
  const metadata = [
    ...modelMetadata("qwen2", { "rope.freq_base": u32(1_000_000) }),
    ["general.name", text("Small")] as const,
    ["tokenizer.chat_template", text("{{ x }}")] as const,
    ["tokenizer.ggml.fim_mid_token_id", u32(3)] as const,
  ];
  expect(factsOfGguf(look({ metadata, tensors: [], isLittleEndian: false }))).toEqual({
    name: "Small",
    hasChatTemplate: true,
    canInfill: true,
    ropeBase: 1_000_000,
    isLittleEndian: false,
    version: 3,
  });
  expect(factsOfGguf(look({ metadata: [], tensors: [] }))).toMatchObject({ name: null, canInfill: false });
});
