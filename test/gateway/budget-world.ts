import type { LodestarEvent } from "../../src/core/event.ts";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import type { Behaviour, SeenCall } from "../support/fake-upstream.ts";
import type { TestGateway } from "../support/test-gateway.ts";

export const MESSAGES = [{ role: "user", content: "hello" }];

/** The JSON that a fake provider was sent. */
export function bodyOf(call: SeenCall | undefined): Record<string, unknown> {
  return JSON.parse(call?.body ?? "{}") as Record<string, unknown>;
}

/** A provider that writes as much as it was allowed to (1,000 tokens where nothing limits it), and bills that. */
export function greedy(call: SeenCall): Behaviour {
  const { max_tokens: most = 1_000, stream } = bodyOf(call);
  const usage = { prompt_tokens: 10, completion_tokens: Number(most), total_tokens: 10 + Number(most) };
  if (stream === true) {
    const chunks = chatChunks(["hi"], usage).map((chunk) =>
      chunk.replace('"finish_reason":"stop"', '"finish_reason":"length"'),
    );
    return { kind: "stream", chunks };
  }
  const reply = chatReply("hi", usage) as { choices: object[] };
  const choices = reply.choices.map((choice) => ({ ...choice, finish_reason: "length" }));
  return { kind: "json", body: { ...reply, choices } };
}

/** Asks for a chat. */
export function ask(opened: TestGateway, model: string, more: object = {}, headers: Record<string, string> = {}) {
  return opened.fetch("/v1/chat/completions", { json: { model, messages: MESSAGES, ...more }, headers });
}

type BudgetEvent = Extract<LodestarEvent, { event: "budget" }>;

/** What budgets told, in order: `warning day 50`. */
export function steps(opened: TestGateway): readonly string[] {
  return opened.events
    .filter((event): event is BudgetEvent => event.event === "budget")
    .map(({ step, budget, percent }) => `${step} ${budget} ${percent}`);
}
