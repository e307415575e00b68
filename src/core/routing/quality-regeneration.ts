import type { Evidence } from "../evidence.ts";

/** A request that is part of a conversation, and by whom it was answered. */
export interface AnsweredTurn {
  /** The same for all requests of a conversation. */
  readonly conversationKey: string;
  /** The same for the same last message at the same place of the conversation. */
  readonly turnKey: string;
  readonly requestId: string;
  readonly provider: string;
  readonly model: string;
  readonly taskClass: string;
  readonly voter: string | null;
  readonly project: string | null;
}

/** Notices when the same question of the same conversation is asked again. */
export interface RegenerationWatch {
  /** A request came: weak evidence against who answered the same turn a moment ago, else null. At `now`, Unix ms. */
  asked(turn: Pick<AnsweredTurn, "conversationKey" | "turnKey" | "voter">, now: number): Evidence | null;
  /** A model has answered a request. */
  answered(turn: AnsweredTurn, now: number): void;
}

/** Who asks again later does so for a reason of their own. */
const WINDOW_MS = 5 * 60_000;
/** A program that repeats itself so fast is retrying, not judging. */
const LEAST_MS = 1_000;
const MOST_CONVERSATIONS = 1_000;

/** A watch over the latest answer of each conversation, bounded: those answered longest ago are let go. */
export function createRegenerationWatch(): RegenerationWatch {
  const latest = new Map<string, { readonly turn: AnsweredTurn; readonly at: number }>();
  return {
    asked({ conversationKey, turnKey, voter }, now) {
      const known = latest.get(conversationKey);
      if (known === undefined || known.turn.turnKey !== turnKey || known.turn.voter !== voter) return null;
      latest.delete(conversationKey);
      const afterMs = now - known.at;
      if (afterMs < LEAST_MS || afterMs > WINDOW_MS) return null;
      const { requestId, provider, model, taskClass, project } = known.turn;
      const about = { provider, model, taskClass, requestId, project };
      return { id: `regeneration:${requestId}`, at: now, kind: "regeneration", score: 0, voter, ...about };
    },
    answered(turn, now) {
      latest.delete(turn.conversationKey);
      const [oldest] = latest.keys();
      if (latest.size >= MOST_CONVERSATIONS && oldest !== undefined) latest.delete(oldest);
      latest.set(turn.conversationKey, { turn, at: now });
    },
  };
}
