import { describe, expect, test } from "bun:test";
import { openaiResponses } from "../../../src/dialects/openai-responses/dialect.ts";
import { listAt, objectAt, overTheWire } from "../codec.ts";
import { NO_DATA_REASON } from "../recordings.ts";
import { BODIES, COST, COST_FIELDS, createWithSdk, replyOf, STAMP } from "./kit.ts";

const each = BODIES.length === 0 ? test.skip : test;
const note = BODIES.length === 0 ? ` ${NO_DATA_REASON}` : ` (${BODIES.length} bodies)`;

describe("every recorded response", () => {
  each(`is the same after decoding and encoding, but for the model and the cost${note}`, () => {
    for (const { file, json } of BODIES) {
      const body = objectAt(json);
      const told = openaiResponses.encodeReply(replyOf(json), STAMP, COST);
      const usage = { ...objectAt(told.usage) };
      const wanted = { ...body, model: "best", usage };
      expect({ file, body: overTheWire(told) }).toEqual({ file, body: wanted });
      if (body.usage !== undefined) expect(usage).toEqual({ ...objectAt(body.usage), ...COST_FIELDS } as never);
    }
  });

  each(`is stamped with the model and the cost and otherwise untouched${note}`, () => {
    for (const { json } of BODIES) {
      const body = objectAt(json);
      const { usage } = replyOf(json);
      if (usage === undefined) continue;
      const wanted = { ...body, model: "best", usage: { ...objectAt(body.usage), ...COST_FIELDS } };
      expect(overTheWire(openaiResponses.stampReply(body, STAMP, usage, COST))).toEqual(wanted);
    }
  });

  each(`is accepted by the official SDK after decoding and encoding${note}`, async () => {
    for (const { json } of BODIES) {
      const response = await createWithSdk(openaiResponses.encodeReply(replyOf(json), STAMP, COST));
      const texts = listAt(objectAt(json).output)
        .filter(({ type }) => type === "message")
        .flatMap(({ content }) => listAt(content).map(({ text }) => String(text ?? "")));
      expect(response.output_text).toBe(texts.join(""));
    }
  });
});
