import { chatChunks, chatReply } from "../../support/chat-chunks.ts";
import type { Chance } from "./chance.ts";

/** Nano-dollars per token: 0.27 USD a million tokens in, 0.07 from the cache, 1.1 out. */
const RATES = { input: 270, cacheRead: 70, output: 1_100 };

/** The same for Lodestar's configuration, of the model `up/m`. */
export const ACCOUNT_PRICES = "prices: { overrides: { up/m: { input: 0.27, cacheRead: 0.07, output: 1.1 } } }";

/** What an upstream's own log says that a call used; `cached` is of `prompt`. */
export interface OwnUsage {
  readonly prompt: number;
  readonly cached: number;
  readonly completion: number;
}

/** Makes the usage of a call. */
export function ownUsage(chance: Chance): OwnUsage {
  const prompt = 20 + chance.below(2_000);
  return { prompt, cached: chance.below(prompt), completion: 1 + chance.below(30) };
}

/** What the upstream would bill for a call that ended whole, in nano-dollars. */
export function billOf({ prompt, cached, completion }: OwnUsage): number {
  return (prompt - cached) * RATES.input + cached * RATES.cacheRead + completion * RATES.output;
}

/** As the upstream tells it in its replies. */
export function usageBody({ prompt, cached, completion }: OwnUsage): object {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
  };
}

/** A whole answer of two words with that usage. */
export function answerWith(usage: OwnUsage, isStream: boolean): Response {
  if (!isStream) return Response.json(chatReply("hi there", usageBody(usage)));
  const chunks = chatChunks(["hi", " there"], usageBody(usage));
  return new Response(chunks.join(""), { headers: { "content-type": "text/event-stream" } });
}
