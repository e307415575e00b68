import type { FailedToolCalls } from "./failed-calls.ts";
import type { TaskClass } from "./task-class.ts";

/** What is remembered of a conversation between its requests. */
export interface Conversation {
  /** The model that answered last, `provider/model`. */
  readonly target: string;
  readonly taskClass: TaskClass | null;
  /** Tokens that its provider read last, and so has in its cache. */
  readonly inputTokens: number;
  /** Unix ms of the last answer. */
  readonly at: number;
  /** The failing call that the model was last changed for, and how often it had failed by then. */
  readonly stall: { readonly signature: string; readonly timesInARow: number } | null;
}

/** Conversations by their key, those used last. */
export interface Conversations {
  find(key: string, now: number): Conversation | null;
  note(key: string, conversation: Conversation): void;
}

/** So many are remembered; one is a few hundred bytes. */
const MOST_CONVERSATIONS = 2_000;
/** Whoever comes back later than this begins anew: no provider's cache lasts as long. */
const FORGET_MS = 3_600_000;
/** Providers keep a prompt for five minutes after its last use (Anthropic; OpenAI says five to ten). */
const CACHE_MS = 300_000;
/** Same failing calls in a row after which the next stronger model is asked. */
const STALL_TIMES = 3;

/** An empty memory. */
export function createConversations(): Conversations {
  const known = new Map<string, Conversation>();
  return {
    find(key, now) {
      const found = known.get(key);
      return found === undefined || now - found.at > FORGET_MS ? null : found;
    },
    note(key, conversation) {
      known.delete(key);
      known.set(key, conversation);
      const [oldest] = known.keys();
      if (known.size > MOST_CONVERSATIONS && oldest !== undefined) known.delete(oldest);
    },
  };
}

/** Tokens of a request of `inputTokens` that a conversation's provider still has in its cache at `now`. */
export function cachedTokens(conversation: Conversation | null, inputTokens: number, now: number): number {
  if (conversation === null || now - conversation.at > CACHE_MS) return 0;
  return Math.min(conversation.inputTokens, inputTokens);
}

/** Whether a request shows a stall that nothing was done about yet: the same call failed three times more. */
export function isNewStall(failed: FailedToolCalls | null, conversation: Conversation | null): boolean {
  if (failed === null) return false;
  const known = conversation?.stall ?? null;
  const before = known?.signature === failed.signature ? known.timesInARow : 0;
  return failed.timesInARow - before >= STALL_TIMES;
}

/**
 * What keeps a conversation apart from all others: the client's own session where it names one, with what was said first, since
 * agents within a session have conversations of their own; and the key and project, since none may steer another's.
 */
export function conversationId(
  { keyId, project, session }: { keyId: string | null; project: string | null; session: string | null },
  contentKey: string,
): string {
  return [keyId ?? "", project ?? "", session ?? "", contentKey].join("\n");
}
