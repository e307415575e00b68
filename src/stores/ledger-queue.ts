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
  /** Those that its cost and its saving were reckoned with. */
  readonly prices: readonly PriceRow[];
  readonly bytes: number;
}

/** Writes waiting for the next group commit, and the attempts that still owe an outcome. In memory; size in bytes is estimated. */
export interface LedgerQueue {
  reserve(intent: AttemptIntent): void;
  stream(requestId: string, attempt: number): void;
  settle(outcome: AttemptOutcome, price: PriceRow | null, savedPrice?: PriceRow | null): void;
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
  const { model, requestedModel, project, session, client, tag, task, file, routeReason } = intent;
  const given = model.length + requestedModel.length + routeReason.length + (outcome?.fault?.message.length ?? 0);
  const stated = (project?.length ?? 0) + (session?.length ?? 0) + (client?.length ?? 0);
  const labels = (tag?.length ?? 0) + (task?.length ?? 0) + (file?.length ?? 0);
  return FIXED_BYTES + 2 * (given + stated + labels);
}

/** Of an attempt whose row is in the store. */
const NOTHING_WAITS = { isNew: false, isStreaming: false };

/** An empty string says nothing: stored as null, so that groups do not tell the two apart. */
function withoutEmptyNames(intent: AttemptIntent): AttemptIntent {
  const { keyId, project, session, client, tag, task, file } = intent;
  if (![keyId, project, session, client, tag, task, file].includes("")) return intent;
  return {
    ...intent,
    keyId: keyId || null,
    project: project || null,
    session: session || null,
    client: client || null,
    tag: tag || null,
    task: task || null,
    file: file || null,
  };
}

/** An empty queue. Misuse (an attempt reserved or settled twice, or never reserved) throws: it is a bug of the caller. */
export function createLedgerQueue(): LedgerQueue {
  const pending = new Map<string, PendingAttempt>();
  const open = new Map<string, AttemptIntent>();
  let bytes = 0;

  function put(entry: PendingAttempt, before: PendingAttempt | undefined): void {
    bytes += entry.bytes - (before?.bytes ?? 0);
    pending.set(entry.key, entry);
  }

  return {
    reserve(given) {
      const key = keyOf(given.requestId, given.attempt);
      if (open.has(key)) throw new Error(`attempt ${key} is reserved twice`);
      const intent = withoutEmptyNames(given);
      open.set(key, intent);
      const size = sizeOf(intent, null);
      put({ key, intent, isNew: true, isStreaming: false, outcome: null, prices: [], bytes: size }, undefined);
    },
    stream(requestId, attempt) {
      const key = keyOf(requestId, attempt);
      const intent = open.get(key);
      if (intent === undefined) throw new Error(`attempt ${key} streams but is not open`);
      const before = pending.get(key);
      const isNew = before?.isNew ?? false;
      const size = sizeOf(intent, null);
      put({ key, intent, isNew, isStreaming: true, outcome: null, prices: [], bytes: size }, before);
    },
    settle(outcome, price, savedPrice = null) {
      const key = keyOf(outcome.requestId, outcome.attempt);
      const intent = open.get(key);
      if (intent === undefined) throw new Error(`attempt ${key} is settled twice or was never reserved`);
      open.delete(key);
      const before = pending.get(key);
      const { isNew, isStreaming } = before ?? NOTHING_WAITS;
      const prices = [price, savedPrice].filter((row) => row !== null);
      put({ key, intent, isNew, isStreaming, outcome, prices, bytes: sizeOf(intent, outcome) }, before);
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
