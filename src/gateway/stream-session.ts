import type { Fault } from "../core/fault.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { Usage } from "../core/usage.ts";
import type { ReplyStamp } from "../dialects/dialect.ts";
import { createStreamSplitter } from "../dialects/framing.ts";
import type { SseSplitter, SseStep } from "../dialects/sse.ts";
import type { ChunkReader, UpstreamReply } from "../host/upstream.ts";
import type { Attempt } from "./attempt.ts";
import { bugFault } from "./bug.ts";
import type { ChatCall } from "./call.ts";
import type { Route } from "./endpoint.ts";
import { estimateUsage } from "./estimate.ts";
import { CLIENT_LEFT } from "./lifeline.ts";
import type { Services } from "./services.ts";
import { type Ending, isOwnDoing } from "./settle.ts";
import { createStreamDeadline, type StreamDeadline } from "./stream-deadline.ts";
import { createTranslator, type Observation, type Translator } from "./translator.ts";
import type { Watch } from "./watchdog.ts";

/** What a session is made from. */
export interface SessionParts {
  readonly call: ChatCall;
  readonly attempt: Attempt;
  readonly route: Route;
  readonly reply: UpstreamReply;
  readonly stamp: ReplyStamp;
  readonly services: Services;
}

const UTF8 = new TextEncoder();

/** The bill of a stream: by the provider's counts when it ended whole, else with the output that was really streamed. */
function endingOf(
  { attempt, call }: SessionParts,
  usage: Usage | null,
  seen: Observation,
  fault: Fault | null,
): Ending {
  const measured = { firstTokenMs: attempt.firstTokenMs, upstreamStatus: attempt.upstreamStatus, fault };
  if (fault === null && usage !== null) return { ...measured, state: "final", usage, usageSource: "provider" };
  const estimated = estimateUsage(call.request, seen.streamed.tokens());
  const partial = usage === null ? estimated : { ...usage, output: estimated.output };
  if (fault === null) return { ...measured, state: "estimated", usage: partial, usageSource: "estimated" };
  return { ...measured, state: isOwnDoing(fault) ? "aborted" : "failed", usage: partial, usageSource: "estimated" };
}

/**
 * One streamed answer, from the upstream's headers to the client's last byte. `begin` reads until content came (or the
 * answer ended without any): a fault before that is still free to fall back on. `body` is what the client reads: what
 * `begin` held back, then the rest, pulled at the client's own speed so that a slow reader holds nothing in memory.
 */
export class StreamSession {
  private readonly parts: SessionParts;
  private readonly translator: Translator;
  private readonly reader: ChunkReader;
  private readonly splitter: SseSplitter;
  private readonly deadline: StreamDeadline;
  /** Resolves when the session is over: read to its end, broken off or left. */
  readonly ended: Promise<void>;
  private finish: () => void = () => undefined;
  private held = "";
  /** Nothing more will come for the client. */
  private isOver = false;
  /** The upstream closed, or was let go of. */
  private hasEnded = false;

  constructor(parts: SessionParts) {
    const { call, attempt, route, stamp, services } = parts;
    this.parts = parts;
    this.ended = new Promise((resolve) => {
      this.finish = resolve;
    });
    this.reader = parts.reply.reader();
    this.splitter = createStreamSplitter(route.dialect.framing);
    this.deadline = createStreamDeadline(attempt, services.settings().deadlines, services.clock);
    this.translator = createTranslator({
      from: route.dialect,
      to: call.dialect,
      isRelay: route.isClientDialect,
      stamp,
      complete: (usage) => attempt.settle(endingOf(parts, usage, this.translator.seen, null)),
    });
  }

  /** Waits for content. On a fault the attempt is over and nothing has reached the client. */
  async begin(): Promise<Result<void, Fault>> {
    const { attempt, services } = this.parts;
    const { seen } = this.translator;
    services.watchdog.add(this.deadline.watch);
    while (!seen.hasContent && !seen.isFinished && seen.fault === null && !this.isOver)
      this.held += await this.advance();
    if (seen.fault === null) return success(undefined);
    this.stopReading();
    const fault = attempt.explain(seen.fault);
    if (!attempt.isSettled && seen.usage !== null) attempt.settle(endingOf(this.parts, seen.usage, seen, fault));
    return failure(fault);
  }

  /** The client's side of the stream. Cancelling it is how a client leaves. */
  body(): ReadableStream<Uint8Array> {
    const { services } = this.parts;
    let beat: Watch | null = null;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        beat = this.createBeat((text) => controller.enqueue(UTF8.encode(text)));
        services.watchdog.add(beat);
      },
      pull: async (controller) => {
        const isWaiting = !this.translator.seen.isFinished;
        if (beat !== null && isWaiting) beat.at = services.clock.monotonic() + services.settings().heartbeatMs;
        const text = await this.nextText();
        if (beat !== null) beat.at = Number.POSITIVE_INFINITY;
        if (text !== "") controller.enqueue(UTF8.encode(text));
        if (!this.isOver) return;
        if (beat !== null) services.watchdog.remove(beat);
        this.stopReading();
        controller.close();
      },
      cancel: () => {
        if (beat !== null) services.watchdog.remove(beat);
        this.leave();
      },
    });
  }

  /** Keeps an idle client waiting while the upstream thinks. Only whole events are ever written, so a beat never splits one. */
  private createBeat(write: (text: string) => void): Watch {
    const { call, services, stamp } = this.parts;
    const beat: Watch = {
      at: Number.POSITIVE_INFINITY,
      expire() {
        write(call.dialect.heartbeat(stamp));
        beat.at = services.clock.monotonic() + services.settings().heartbeatMs;
      },
    };
    return beat;
  }

  private translate({ frames, fault }: SseStep): string {
    if (fault !== undefined) {
      if (!this.translator.seen.isFinished) this.translator.seen.fault = fault;
      return "";
    }
    let text = "";
    for (const { event, raw } of frames) text += this.translator.step(event, raw);
    return text;
  }

  private absorb(chunk: Uint8Array): string {
    const { attempt, services } = this.parts;
    const { seen } = this.translator;
    const text = this.translate(this.splitter.push(chunk));
    if (seen.isFinished) this.deadline.complete();
    else if (seen.hasContent) this.deadline.touch();
    if (!seen.hasContent || attempt.firstTokenMs !== null) return text;
    attempt.noteContent();
    if (!attempt.isSettled) services.ledger.stream(attempt.intent.requestId, attempt.intent.attempt);
    return text;
  }

  /** What the upstream sent next: a chunk, null at its end, or why nothing more comes. */
  private async read(): Promise<Uint8Array | null | Fault> {
    const { reply, attempt } = this.parts;
    this.deadline.awaits(true);
    try {
      const { value } = await this.reader.read();
      return value ?? null;
    } catch (error) {
      return attempt.explain(reply.faultOf(error));
    } finally {
      this.deadline.awaits(false);
    }
  }

  private async step(): Promise<string> {
    const { seen } = this.translator;
    const chunk = await this.read();
    if (chunk instanceof Uint8Array) return this.absorb(chunk);
    this.isOver = true;
    if (chunk !== null && !seen.isFinished) {
      seen.fault = chunk;
      return "";
    }
    this.hasEnded = chunk === null;
    return (chunk === null ? this.translate(this.splitter.end()) : "") + this.translator.end();
  }

  /** Reads one chunk; the text it gives may be empty. Sets `isOver` at the end of the upstream. A bug of ours is no fault of its. */
  private async advance(): Promise<string> {
    const { attempt, services } = this.parts;
    try {
      return await this.step();
    } catch (error) {
      this.isOver = true;
      this.translator.seen.fault = bugFault(error, attempt.intent.requestId, services.log);
      return "";
    }
  }

  private async nextText(): Promise<string> {
    const { seen } = this.translator;
    let text = this.held;
    this.held = "";
    while (text === "" && !this.isOver && seen.fault === null) text = await this.advance();
    if (seen.fault === null) return text;
    this.isOver = true;
    return text + this.breakOff(seen.fault);
  }

  /** The stream broke after content: books it, and tells the client in its own dialect. */
  private breakOff(seenFault: Fault): string {
    const { attempt, services } = this.parts;
    const fault = attempt.explain(seenFault);
    if (!attempt.isSettled) {
      attempt.settle(endingOf(this.parts, this.translator.seen.usage, this.translator.seen, fault));
      services.health.failed(attempt.planned.target, fault);
    }
    return this.translator.fail(fault);
  }

  /** The client left: the upstream stops at once, and what was streamed is billed. */
  private leave(): void {
    const { attempt } = this.parts;
    this.isOver = true;
    attempt.abort(CLIENT_LEFT);
    this.stopReading();
    if (attempt.isSettled) return;
    attempt.settle(endingOf(this.parts, this.translator.seen.usage, this.translator.seen, CLIENT_LEFT));
  }

  /** Lets go of the upstream; one that has not ended by itself is cut off. */
  private stopReading(): void {
    const { reply, services } = this.parts;
    services.watchdog.remove(this.deadline.watch);
    if (!this.hasEnded) reply.cancel();
    this.hasEnded = true;
    this.finish();
  }
}
