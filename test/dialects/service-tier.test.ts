import { describe, expect, test } from "bun:test";
import type { Usage } from "../../src/core/usage.ts";
import { readUsage as readMessages } from "../../src/dialects/anthropic/usage.ts";
import { readUsage as readGemini } from "../../src/dialects/gemini/usage.ts";
import { openaiChat } from "../../src/dialects/openai-chat/dialect.ts";
import { decodeUsage as readChat } from "../../src/dialects/openai-chat/usage.ts";
import { decodeUsage as readResponses } from "../../src/dialects/openai-responses/usage.ts";

const CHAT = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };
const RESPONSES = { input_tokens: 10, output_tokens: 2, total_tokens: 12 };
const MESSAGES = { input_tokens: 10, output_tokens: 2 };
const GEMINI = { promptTokenCount: 10, candidatesTokenCount: 2, totalTokenCount: 12 };

const CASES: readonly [name: string, usage: Usage | undefined, tier: string | undefined][] = [
  ["OpenAI's priority processing", readChat(CHAT, "priority"), "priority"],
  ["OpenAI's flex processing", readChat(CHAT, "flex"), "flex"],
  ["OpenAI's standard", readChat(CHAT, "default"), undefined],
  ["Groq's standard", readChat(CHAT, "on_demand"), undefined],
  ["no word of it", readChat(CHAT, undefined), undefined],
  ["null", readChat(CHAT, null), undefined],
  ["something that is no name", readChat(CHAT, { a: 1 }), undefined],
  ["a name without end", readChat(CHAT, "x".repeat(1_000)), "x".repeat(40)],
  ["a response that was priority", readResponses({ usage: RESPONSES, service_tier: "priority" }), "priority"],
  ["a response that was as usual", readResponses({ usage: RESPONSES, service_tier: "default" }), undefined],
  ["Claude's batch", readMessages({ ...MESSAGES, service_tier: "batch" }), "batch"],
  ["Claude's fast mode", readMessages({ ...MESSAGES, service_tier: "standard", speed: "fast" }), "fast"],
  ["Claude's standard", readMessages({ ...MESSAGES, service_tier: "standard", speed: "standard" }), undefined],
  ["Vertex's flex", readGemini({ ...GEMINI, trafficType: "ON_DEMAND_FLEX" }), "flex"],
  ["Vertex's standard", readGemini({ ...GEMINI, trafficType: "ON_DEMAND" }), undefined],
  [
    "Vertex's reserved capacity",
    readGemini({ ...GEMINI, trafficType: "PROVISIONED_THROUGHPUT" }),
    "provisioned_throughput",
  ],
  ["Gemini's priority", readGemini({ ...GEMINI, serviceTier: "PRIORITY" }), "priority"],
];

describe("the service tier of a usage", () => {
  test.each(CASES)("is read from %s", (_, usage, tier) => {
    expect(usage?.serviceTier).toBe(tier);
    expect(Object.keys(usage ?? {}).includes("serviceTier")).toBe(tier !== undefined);
  });

  test("stands beside the usage of a chat reply", () => {
    const choices = [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }];
    const decoded = openaiChat.decodeReply({ id: "a", model: "m", choices, usage: CHAT, service_tier: "flex" });
    expect(decoded.ok && decoded.value.usage?.serviceTier).toBe("flex");
  });

  test("stands in the last chunk of a chat stream", () => {
    const last = { id: "a", model: "m", choices: [], usage: CHAT, service_tier: "priority" };
    const [, parts] = openaiChat.decoder.step(openaiChat.decoder.initial(), { data: JSON.stringify(last) });
    const usages = parts.flatMap((part) => (part.type === "usage" ? [part.usage.serviceTier] : []));
    expect(usages).toEqual(["priority"]);
  });
});
