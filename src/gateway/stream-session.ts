import type { Fault } from "../core/fault.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { ReplyStamp } from "../dialects/dialect.ts";
import type { UpstreamReply } from "../host/upstream/upstream.ts";
import type { Attempt } from "./attempt.ts";
import { bookStream } from "./booking.ts";
import { bugFault } from "./bug.ts";
import type { ChatCall } from "./call.ts";
import type { Route } from "./endpoint.ts";
import { CLIENT_LEFT } from "./lifeline.ts";
import type { Services } from "./services.ts";
import type { TextSource } from "./stream-body.ts";
import { createTranslator, type Translator } from "./translator.ts";
import { type FeedStep, openFeed, type UpstreamFeed } from "./upstream-feed.ts";

/** What a session is made from. */
export interface SessionParts {
  readonly call: ChatCall;
  readonly attempt: Attempt;
  readonly route: Route;
  readonly reply: UpstreamReply;
  readonly stamp: ReplyStamp;
  readonly services: Services;
}

/**
 * One streamed answer, from the upstream's headers to the client's last byte. `begin` reads until content came (or the
 * answer ended without any): a fault before that is still free to fall back on. Then the client reads what `begin` held
 * back, and the rest; however it ends, the answer is booked once.
 */
export class StreamSession implements TextSource {
  private readonly parts: SessionParts;
  private readonly translator: Translator;
  private readonly feed: UpstreamFeed;
  /** Resolves when the session is over: read to its end, broken off or left. */
  readonly ended: Promise<void>;
  private finish: () => void = () => undefined;
  private held = "";
  private hasEnded = false;

  constructor(parts: SessionParts) {
    const { call, attempt, route, reply, stamp, services } = parts;
    this.parts = parts;
    this.ended = new Promise((resolve) => {
      this.finish = resolve;
    });
    this.feed = openFeed(attempt, route, reply, services);
    this.translator = createTranslator({
      from: route.dialect,
      to: call.dialect,
      isRelay: route.isClientDialect,
      stamp,
      complete: () => bookStream(attempt, call.request, this.translator.seen, null),
    });
  }

  get isOver(): boolean {
    return this.hasEnded;
  }

  get isComplete(): boolean {
    return this.translator.seen.isFinished;
  }

  /** Waits for content. On a fault the attempt is over and nothing has reached the client. */
  async begin(): Promise<Result<void, Fault>> {
    const { attempt } = this.parts;
    const { seen } = this.translator;
    while (!seen.hasContent && !seen.isFinished && seen.fault === null && !this.hasEnded)
      this.held += await this.advance();
    if (seen.fault === null) return success(undefined);
    this.letGo();
    const fault = attempt.explain(seen.fault);
    if (seen.usage !== null) this.book(fault);
    return failure(fault);
  }

  async next(): Promise<string> {
    const { seen } = this.translator;
    let text = this.held;
    this.held = "";
    while (text === "" && !this.hasEnded && seen.fault === null) text = await this.advance();
    if (seen.fault !== null) text += this.breakOff(seen.fault);
    if (this.hasEnded) this.letGo();
    return text;
  }

  /**
   * The client's side is closed: the upstream stops at once, and what was streamed is billed. A stopping process closes it
   * too, and what cut the answer first is what is booked.
   */
  leave(): void {
    const { attempt } = this.parts;
    attempt.abort(CLIENT_LEFT);
    this.letGo();
    this.book(attempt.explain(CLIENT_LEFT));
  }

  /** Reads one piece; the text it gives may be empty. A bug of ours is no fault of the upstream. */
  private async advance(): Promise<string> {
    const { attempt, services } = this.parts;
    try {
      return this.absorb(await this.feed.read());
    } catch (error) {
      this.hasEnded = true;
      this.translator.seen.fault = bugFault(error, attempt.intent.requestId, services.log);
      return "";
    }
  }

  private absorb({ frames, fault, isLast }: FeedStep): string {
    const { seen } = this.translator;
    this.hasEnded = isLast;
    if (fault !== null && !seen.isFinished) {
      seen.fault = fault;
      return "";
    }
    let text = "";
    const { recording } = this.parts.attempt;
    for (const { event, raw } of frames) {
      recording?.add(raw);
      text += this.translator.step(event, raw);
    }
    this.noteProgress();
    return isLast ? text + this.translator.end() : text;
  }

  private noteProgress(): void {
    const { attempt, services } = this.parts;
    const { seen } = this.translator;
    attempt.touch();
    if (seen.isFinished) this.feed.complete();
    else if (seen.hasContent) this.feed.touch();
    if (!seen.hasContent || attempt.firstTokenMs !== null) return;
    attempt.noteContent();
    services.ledger.stream(attempt.intent.requestId, attempt.intent.attempt);
  }

  /** The stream broke after content: books it, and tells the client in its own dialect. */
  private breakOff(seenFault: Fault): string {
    const { attempt, services } = this.parts;
    const fault = attempt.explain(seenFault);
    this.hasEnded = true;
    if (this.book(fault)) services.health.failed(attempt.planned.target, fault);
    return this.translator.fail(fault);
  }

  /** Books what was streamed, unless the answer is booked already. */
  private book(fault: Fault): boolean {
    const { attempt, call } = this.parts;
    if (attempt.isSettled) return false;
    bookStream(attempt, call.request, this.translator.seen, fault);
    return true;
  }

  private letGo(): void {
    const { seen } = this.translator;
    this.hasEnded = true;
    if (seen.finish !== null && seen.fault === null) this.parts.attempt.recording?.end(seen.finish);
    this.feed.release();
    this.finish();
  }
}
