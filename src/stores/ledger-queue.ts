import type { AttemptIntent, AttemptOutcome } from "../core/ledger.ts";
import type { PriceRow } from "../core/price.ts";

/** What is still to be written of one attempt; the first write carries all that is known by then. */
export interface PendingAttempt {
  readonly key: string;
  readonly intent: AttemptIntent;
  /** The intent itself is still to be written; else its row is in the store already. */
  readonly isNew: boolean;
  readonly isStreaming: boolean;
  readonly outcome: AttemptOutcome | null;
  readonly price: PriceRow | null;
  readonly bytes: number;
}

/** Writes waiting for the next group commit, and the attempts that still owe an outcome. In memory; size in bytes is estimated. */
export interface LedgerQueue {
  reserve(intent: AttemptIntent): void;
  stream(requestId: string, attempt: number): void;
  settle(outcome: AttemptOutcome, price: PriceRow | null): void;
  /** The oldest writes, which stay queued until they are removed. */
  head(count: number): readonly PendingAttempt[];
  remove(written: readonly PendingAttempt[]): void;
  readonly length: number;
  readonly bytes: number;
}

/** Measured on typical rows: objects, map slots and the short strings. */
const FIXED_BYTES = 1_200;

function keyOf(requestId: string, attempt: number): string {
  return `${requestId}#${attempt}`;
}

function sizeOf(intent: AttemptIntent, outcome: AttemptOutcome | null): number {
  const texts = [
    intent.model,
    intent.requestedModel,
    intent.project,
    intent.session,
    intent.client,
    intent.routeReason,
  ];
  const length = texts.reduce((sum, text) => sum + (text?.length ?? 0), outcome?.fault?.message.length ?? 0);
  return FIXED_BYTES + 2 * length;
}

/** An empty string says nothing: stored as null, so that groups do not tell the two apart. */
function withoutEmptyNames(intent: AttemptIntent): AttemptIntent {
  const { keyId, project, session } = intent;
  return { ...intent, keyId: keyId || null, project: project || null, session: session || null };
}

/** An empty queue. Misuse (an attempt reserved or settled twice, or never reserved) throws: it is a bug of the caller. */
export function createLedgerQueue(): LedgerQueue {
  const pending = new Map<string, PendingAttempt>();
  const open = new Map<string, AttemptIntent>();
  let bytes = 0;

  function put(entry: Omit<PendingAttempt, "bytes">): void {
    const size = sizeOf(entry.intent, entry.outcome);
    bytes += size - (pending.get(entry.key)?.bytes ?? 0);
    pending.set(entry.key, { ...entry, bytes: size });
  }

  function entryOf(key: string, intent: AttemptIntent): Omit<PendingAttempt, "bytes"> {
    return pending.get(key) ?? { key, intent, isNew: false, isStreaming: false, outcome: null, price: null };
  }

  return {
    reserve(given) {
      const key = keyOf(given.requestId, given.attempt);
      if (open.has(key)) throw new Error(`attempt ${key} is reserved twice`);
      const intent = withoutEmptyNames(given);
      open.set(key, intent);
      put({ key, intent, isNew: true, isStreaming: false, outcome: null, price: null });
    },
    stream(requestId, attempt) {
      const key = keyOf(requestId, attempt);
      const intent = open.get(key);
      if (intent === undefined) throw new Error(`attempt ${key} streams but is not open`);
      put({ ...entryOf(key, intent), isStreaming: true });
    },
    settle(outcome, price) {
      const key = keyOf(outcome.requestId, outcome.attempt);
      const intent = open.get(key);
      if (intent === undefined) throw new Error(`attempt ${key} is settled twice or was never reserved`);
      open.delete(key);
      put({ ...entryOf(key, intent), outcome, price });
    },
    head: (count) => [...pending.values().take(count)],
    remove(written) {
      for (const entry of written) {
        if (pending.delete(entry.key)) bytes -= entry.bytes;
      }
    },
    get length() {
      return pending.size;
    },
    get bytes() {
      return bytes;
    },
  };
}
