import type { LodestarEvent } from "../../core/event.ts";
import { hostOfWebhook } from "../../core/webhook.ts";
import type { Clock } from "../../host/clock.ts";
import type { PostJson } from "../../host/egress-post.ts";
import type { Log } from "../../host/log/log.ts";
import { webhookHeaders } from "./signature.ts";

/** Who is told of which events. */
export interface HookTarget {
  readonly url: string;
  /** Signs every post; null: not signed. */
  readonly secret: string | null;
  /** By name; empty means budgets and health. */
  readonly events: readonly string[];
}

/** What delivery stands on. */
export interface HookParts {
  readonly clock: Clock;
  readonly post: PostJson;
  readonly log: Log;
  /** A new `webhook-id`. */
  readonly mintId: () => string;
}

/** One event on its way. */
export interface Letter {
  readonly id: string;
  readonly body: string;
  /** Monotonic ms of the event. */
  readonly at: number;
}

/** What a receiver said to one post. */
export interface HookAnswer {
  /** Null where it did not answer. */
  readonly status: number | null;
  /** Why the event was not taken; null when it was. */
  readonly error: string | null;
}

/** What became of a hook's events so far. */
export interface HookCounts {
  readonly queued: number;
  readonly delivered: number;
  /** Tried until it was too late. */
  readonly givenUp: number;
  /** Never tried: the queue was full, or the receiver said that it is gone. */
  readonly dropped: number;
  readonly lastError: string | null;
}

/** Events for one receiver, posted one by one in their order. */
export interface Hook {
  readonly target: HookTarget;
  wants(name: LodestarEvent["event"]): boolean;
  /** Queues; returns at once. */
  send(letter: Letter): void;
  counts(): HookCounts;
  /** Tries what is queued once more, without pauses; resolves when nothing is left or one try failed. */
  flush(): Promise<void>;
  /** Closed, or told to stop by its receiver. */
  hasEnded(): boolean;
  /** Ends it; what is still queued is lost, and logged. */
  close(): void;
}

const DEFAULT_EVENTS: readonly string[] = ["budget", "health"];
const TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
/** From the event on: a later alert is no alert. */
const GIVE_UP_MS = 600_000;
/** Bytes of queued bodies: some thousand events. */
const MOST_QUEUED_BYTES = 1024 * 1024;
/** Standard Webhooks: the receiver wants no more of them. */
const GONE = 410;

/** Posts once; only a 2xx says that the event was taken. */
export async function postOnce(
  target: HookTarget,
  letter: Omit<Letter, "at">,
  { clock, post }: Pick<HookParts, "clock" | "post">,
  signal?: AbortSignal,
): Promise<HookAnswer> {
  const headers = webhookHeaders(letter, target.secret, clock.now());
  const more = { headers, timeoutMs: TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) };
  const answer = await post(target.url, letter.body, more);
  if (!answer.ok) return { status: null, error: answer.error.message };
  const { status } = answer.value;
  const isTaken = status >= 200 && status <= 299;
  return { status, error: isTaken ? null : `${hostOfWebhook(target.url)} answered with status ${status}.` };
}

/** Exponential with full-range jitter: between half and one and a half of 0.5 s, 1 s, 2 s… 60 s. */
function pauseAfter(tries: number, clock: Clock): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1)) * (0.5 + clock.random());
}

/** A receiver's queue and the one post that is under way. */
class RunningHook implements Hook {
  readonly target: HookTarget;
  private readonly parts: HookParts;
  private readonly stopping = new AbortController();
  private readonly queue: Letter[] = [];
  private queuedBytes = 0;
  private tries = 0;
  private delivered = 0;
  private givenUp = 0;
  private dropped = 0;
  private lastError: string | null = null;
  private isClosed = false;
  private isFlushing = false;
  private underWay: Promise<void> | null = null;
  private cancelPause: (() => void) | null = null;

  constructor(target: HookTarget, parts: HookParts) {
    this.target = target;
    this.parts = parts;
  }

  wants(name: LodestarEvent["event"]): boolean {
    const { events } = this.target;
    return (events.length === 0 ? DEFAULT_EVENTS : events).includes(name);
  }

  send(letter: Letter): void {
    if (this.isClosed) return;
    if (this.queuedBytes + letter.body.length > MOST_QUEUED_BYTES) {
      this.dropped += 1;
      if (this.dropped === 1) this.warn("its queue is full; further events are dropped until it answers", {});
      return;
    }
    this.queue.push(letter);
    this.queuedBytes += letter.body.length;
    this.pump();
  }

  counts(): HookCounts {
    const { delivered, givenUp, dropped, lastError } = this;
    return { queued: this.queue.length, delivered, givenUp, dropped, lastError };
  }

  async flush(): Promise<void> {
    this.isFlushing = true;
    this.cancelPause?.();
    this.cancelPause = null;
    this.pump();
    while (this.underWay !== null) await this.underWay;
  }

  hasEnded(): boolean {
    return this.isClosed;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.cancelPause?.();
    this.stopping.abort();
    if (this.queue.length > 0) this.warn("events were not delivered before the end", { lost: this.queue.length });
  }

  private warn(what: string, fields: Readonly<Record<string, unknown>>): void {
    this.parts.log.write("warn", `webhook ${hostOfWebhook(this.target.url)}: ${what}`, fields);
  }

  /** Posts the oldest event unless one is under way or pausing. */
  private pump(): void {
    const [letter] = this.queue;
    if (letter === undefined || this.underWay !== null || this.cancelPause !== null || this.isClosed) return;
    this.underWay = postOnce(this.target, letter, this.parts, this.stopping.signal).then(({ status, error }) => {
      this.underWay = null;
      if (this.isClosed) return;
      if (error === null) this.took();
      else if (status === GONE) this.retire(error);
      else this.failed(letter, error);
    });
  }

  private shift(): void {
    const letter = this.queue.shift();
    this.queuedBytes -= letter?.body.length ?? 0;
    this.tries = 0;
  }

  private took(): void {
    this.shift();
    this.delivered += 1;
    this.lastError = null;
    this.pump();
  }

  private retire(error: string): void {
    this.lastError = error;
    this.dropped += this.queue.length;
    this.queue.length = 0;
    this.isClosed = true;
    this.warn("it answered 410 and is told of nothing more until the configuration is read again", {});
  }

  private failed(letter: Letter, error: string): void {
    const { clock } = this.parts;
    this.tries += 1;
    this.lastError = error;
    if (this.isFlushing) return;
    const pauseMs = pauseAfter(this.tries, clock);
    if (clock.monotonic() + pauseMs - letter.at > GIVE_UP_MS) {
      this.warn("an event is given up", { id: letter.id, tries: this.tries, error });
      this.shift();
      this.givenUp += 1;
      this.pump();
      return;
    }
    if (this.tries === 1) this.warn("an event was not taken; trying again", { id: letter.id, error });
    this.cancelPause = clock.after(pauseMs, () => {
      this.cancelPause = null;
      this.pump();
    });
  }
}

/** Makes a hook; nothing is posted before the first event. */
export function createHook(target: HookTarget, parts: HookParts): Hook {
  return new RunningHook(target, parts);
}
