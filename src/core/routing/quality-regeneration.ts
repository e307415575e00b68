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

/** Notices when the same question of the same conversation is asked again: within limits a day, since programs repeat themselves. */
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

/** Whoever asks one thing more often than this a day is a program that repeats it: nobody takes so often against an answer. */
const MOST_OF_A_CONVERSATION = 1;
/** Against one model in one class by one person and day: then a benchmark that repeats itself weighs less than one vote. */
const MOST_OF_A_MODEL = 3;
const DAY_MS = 86_400_000;
const MOST_COUNTED = 10_000;

/** Counts by key within a UTC day. */
function createDayCount(): (key: string, most: number, now: number) => boolean {
  const counts = new Map<string, number>();
  let day = -1;
  return (key, most, now) => {
    const today = Math.floor(now / DAY_MS);
    if (today !== day || counts.size >= MOST_COUNTED) counts.clear();
    day = today;
    const count = counts.get(key) ?? 0;
    if (count >= most) return false;
    counts.set(key, count + 1);
    return true;
  };
}

/** A watch over the latest answer of each conversation, bounded: those answered longest ago are let go. */
export function createRegenerationWatch(): RegenerationWatch {
  const latest = new Map<string, { readonly turn: AnsweredTurn; readonly at: number }>();
  const hasRoom = createDayCount();

  function mayCount({ conversationKey, provider, model, taskClass, voter }: AnsweredTurn, now: number): boolean {
    const ofModel = `model ${provider}/${model} ${taskClass} ${voter ?? ""}`;
    return (
      hasRoom(`conversation ${conversationKey}`, MOST_OF_A_CONVERSATION, now) && hasRoom(ofModel, MOST_OF_A_MODEL, now)
    );
  }

  return {
    asked({ conversationKey, turnKey, voter }, now) {
      const known = latest.get(conversationKey);
      if (known === undefined || known.turn.turnKey !== turnKey || known.turn.voter !== voter) return null;
      latest.delete(conversationKey);
      const afterMs = now - known.at;
      if (afterMs < LEAST_MS || afterMs > WINDOW_MS || !mayCount(known.turn, now)) return null;
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
