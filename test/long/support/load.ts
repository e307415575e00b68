import { createChance } from "./chance.ts";
import { suiteSeed } from "./run.ts";

/** What one client does, by the number of its request. */
export interface LoadPlan {
  readonly number: number;
  readonly isStream: boolean;
  /** It goes away so many ms after it asked; null: it stays. */
  readonly leavesAfterMs: number | null;
  /** Words of its question. */
  readonly words: number;
}

/** Makes the plan of a request; `abortShare` of the clients leave. */
export function planOf(number: number, abortShare: number, longestMs: number): LoadPlan {
  const chance = createChance(suiteSeed(), number);
  return {
    number,
    isStream: chance.is(0.5),
    leavesAfterMs: chance.is(abortShare) ? chance.below(longestMs) : null,
    words: 1 + chance.below(30),
  };
}

/** The body of a planned request: its number is the first word, so that the upstream knows whose call it answers. */
function bodyOf(plan: LoadPlan, model: string): string {
  const content = `#${plan.number} ${"please ".repeat(plan.words)}`;
  return JSON.stringify({ model, stream: plan.isStream, messages: [{ role: "user", content }] });
}

/** The number in a call's body. */
export function numberIn(body: string): number {
  return Number(/"#(\d+) /.exec(body)?.[1] ?? -1);
}

/** Sends a planned request and reads its answer, or leaves. The text is what came. */
export async function sendPlanned(
  url: string,
  plan: LoadPlan,
  model: string,
): Promise<{ status: number; text: string }> {
  const controller = new AbortController();
  const timer = plan.leavesAfterMs === null ? null : setTimeout(() => controller.abort(), plan.leavesAfterMs);
  let text = "";
  let status = 0;
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-session-id": String(plan.number) },
      body: bodyOf(plan, model),
      signal: controller.signal,
    });
    status = response.status;
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
  } catch (error) {
    if (!controller.signal.aborted) throw error;
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
  return { status, text };
}
