import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../src/core/json.ts";
import { totalInput, totalOutput } from "../../../src/core/usage.ts";
import { anthropic } from "../../../src/dialects/anthropic/dialect.ts";
import { objectAt, overTheWire } from "../codec.ts";
import { dataRoot, NO_DATA_REASON, recordings } from "../recordings.ts";
import { COST, COST_FIELDS, createWithSdk, STAMP } from "./kit.ts";

const BODIES = recordings({ dialect: "anthropic-messages", kind: "json" });
const root = dataRoot();
const each = root === undefined ? test.skip : test;
const note = root === undefined ? ` ${NO_DATA_REASON}` : ` (${BODIES.length} bodies)`;

function decoded(body: JsonValue) {
  const reply = anthropic.decodeReply(body);
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.value;
}

function stamped(body: JsonObject): JsonObject {
  return { stop_sequence: null, ...body, model: "best", usage: { ...objectAt(body.usage), ...COST_FIELDS } };
}

describe("every recorded Messages body", () => {
  each(`is the same after decoding and encoding, but for the model and the cost${note}`, () => {
    for (const { json } of BODIES) {
      expect(overTheWire(anthropic.encodeReply(decoded(json), STAMP, COST))).toEqual(stamped(objectAt(json)));
    }
  });

  each(`is stamped with the model and the cost and otherwise untouched${note}`, () => {
    for (const { json } of BODIES) {
      const usage = decoded(json).usage;
      if (usage === undefined) throw new Error("a recorded body without usage");
      const body = objectAt(json);
      const { stop_sequence, ...rest } = stamped(body);
      const expected = "stop_sequence" in body ? { ...rest, stop_sequence } : rest;
      expect(overTheWire(anthropic.stampReply(body, STAMP, usage, COST))).toEqual(expected as JsonObject);
    }
  });

  each(`is accepted by the official SDK after decoding and encoding${note}`, async () => {
    for (const { json } of BODIES) {
      const message = await createWithSdk(anthropic.encodeReply(decoded(json), STAMP, COST));
      expect(message.content.map(({ type }) => String(type))).toEqual(
        (objectAt(json).content as JsonObject[]).map(({ type }) => String(type)),
      );
      expect(String(message.stop_reason)).toBe(String(objectAt(json).stop_reason));
    }
  });
});

interface Golden {
  readonly body: JsonValue;
  readonly extracted: readonly {
    readonly usage: Readonly<Record<string, number>>;
    readonly extractors: readonly { readonly provider_id: string; readonly api_flavor: string }[];
  }[];
}

/** A body that Anthropic itself produced: its model, and the shape that only its own usage has. */
function isOwn(item: Golden): boolean {
  const { body } = item;
  if (!isJsonObject(body) || !isJsonObject(body.usage)) return false;
  const isClaude = typeof body.model === "string" && body.model.startsWith("claude");
  return isClaude && typeof body.usage.input_tokens === "number" && !("input_tokens_details" in body.usage);
}

describe("usage extraction", () => {
  each(
    `equals the golden results for every body of Anthropic's own${root === undefined ? ` ${NO_DATA_REASON}` : ""}`,
    () => {
      const all: readonly Golden[] = JSON.parse(readFileSync(join(root ?? "", "usage-golden", "usages.json"), "utf8"));
      let compared = 0;
      for (const item of all.filter(isOwn)) {
        const expected = item.extracted.find(({ extractors }) =>
          extractors.some(({ provider_id, api_flavor }) => provider_id === "anthropic" && api_flavor === "default"),
        )?.usage;
        if (expected === undefined) continue;
        const usage = decoded({ type: "message", content: [], ...objectAt(item.body) }).usage;
        if (usage === undefined) throw new Error("no usage read");
        expect({
          input: totalInput(usage),
          output: totalOutput(usage),
          read: usage.input.cacheRead,
          written: usage.input.cacheWrite5m + usage.input.cacheWrite1h,
          written5m: usage.input.cacheWrite5m,
          reasoning: usage.output.reasoning,
          searches: usage.units?.webSearches ?? 0,
        }).toEqual({
          input: expected.input_tokens ?? 0,
          output: expected.output_tokens ?? 0,
          read: expected.cache_read_tokens ?? 0,
          written: expected.cache_write_tokens ?? 0,
          written5m: expected.cache_write_5m_tokens ?? 0,
          reasoning: expected.output_reasoning_tokens ?? 0,
          searches: expected.web_searches ?? 0,
        });
        compared += 1;
      }
      console.log(`anthropic usage bodies compared with the golden results: ${compared}`);
      expect(compared).toBeGreaterThan(200);
    },
  );
});
