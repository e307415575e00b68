import type { ClientError } from "../core/fault.ts";
import type { Dialect, Framing } from "../dialects/dialect.ts";
import { budgetHeaders, idHeaders, plannedHeaders } from "../gateway/answer-headers.ts";
import type { BudgetGuard } from "../gateway/budget-guard.ts";
import type { Answer, Call } from "../gateway/call.ts";
import { replyStampOf } from "../gateway/reply-stamp.ts";
import { createEncodingOutlet } from "../gateway/stream-outlet.ts";
import type { Clock } from "../host/clock.ts";

const STREAM_TYPES: Readonly<Record<Framing, string>> = {
  sse: "text/event-stream; charset=utf-8",
  ndjson: "application/x-ndjson",
  "json-array": "application/json; charset=utf-8",
};

/** Headers of every answer that say whether and when a client may try again. */
function retryHeaders(error: ClientError): Record<string, string> {
  const waitMs = error.retryAfterMs;
  return {
    ...(error.shouldRetry ? {} : { "x-should-retry": "false" }),
    ...(waitMs === undefined
      ? {}
      : { "retry-after": String(Math.ceil(waitMs / 1000)), "retry-after-ms": String(Math.ceil(waitMs)) }),
  };
}

/** An error in the envelope of the caller's dialect. */
export function errorResponse(
  dialect: Dialect,
  error: ClientError,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(dialect.encodeFault(error, requestId)), {
    status: error.status,
    headers: {
      "content-type": "application/json",
      ...idHeaders(requestId),
      ...headers,
      ...retryHeaders(error),
    },
  });
}

function streamHeaders(dialect: Dialect, headers: Readonly<Record<string, string>>): Record<string, string> {
  return {
    "content-type": STREAM_TYPES[dialect.framing],
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
    ...headers,
  };
}

/** The response to an answer that came in time. */
function toResponse(call: Call, answer: Answer): Response {
  switch (answer.kind) {
    case "error":
      return errorResponse(call.dialect, answer.error, call.requestId, answer.headers);
    case "stream":
      return new Response(answer.body, { headers: streamHeaders(call.dialect, answer.headers) });
    case "reply":
      return new Response(answer.body, { headers: { "content-type": "application/json", ...answer.headers } });
  }
}

/** What keeps a client waiting whose answer takes long, and how the answer then follows. */
interface Waiting {
  /** They state the plan; what became of it, only the end of the body can tell, its cost too. */
  readonly headers: Record<string, string>;
  readonly beat: string;
  /** An error that comes when the status has been sent already. */
  readonly fail: (answer: Extract<Answer, { kind: "error" }>) => string;
}

function waitingStream(call: Call, { requestedModel, clock, budgets }: Patience): Waiting {
  const stamp = replyStampOf(call, requestedModel, clock.now());
  return {
    headers: streamHeaders(call.dialect, { ...plannedHeaders(call), ...budgetHeaders(call, budgets) }),
    beat: call.dialect.heartbeat(stamp),
    fail: (answer) => createEncodingOutlet(call.dialect, stamp).fail(answer.fault),
  };
}

/** White space before a JSON reply: legal JSON, and bytes on the wire for a client's idle timer. */
function waitingJson(call: Call, { budgets }: Patience): Waiting {
  return {
    headers: { "content-type": "application/json", ...plannedHeaders(call), ...budgetHeaders(call, budgets) },
    beat: "\n",
    fail: (answer) => JSON.stringify(call.dialect.encodeFault(answer.error, call.requestId)),
  };
}

/** The part of a stream's reader that is used here. */
interface BodyReader {
  read(): Promise<{ readonly value?: Uint8Array | undefined }>;
  cancel(reason: unknown): Promise<void>;
}

/** Beats until the answer comes, then passes it on at the reader's own speed. */
function patientBody(
  pending: Promise<Answer>,
  waiting: Waiting,
  everyMs: number,
  clock: Clock,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let cancelBeat = (): void => undefined;
  let reader: BodyReader | null = null;
  let isFirst = true;
  let hasLeft = false;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const beat = (): void => {
        controller.enqueue(encoder.encode(waiting.beat));
        cancelBeat = clock.after(everyMs, beat);
      };
      beat();
    },
    async pull(controller) {
      if (isFirst) {
        isFirst = false;
        const answer = await pending;
        cancelBeat();
        if (hasLeft) return;
        if (answer.kind === "stream") reader = answer.body.getReader();
        else {
          controller.enqueue(encoder.encode(answer.kind === "reply" ? answer.body : waiting.fail(answer)));
          controller.close();
          return;
        }
      }
      const chunk = await reader?.read();
      if (chunk?.value === undefined) controller.close();
      else controller.enqueue(chunk.value);
    },
    async cancel(reason) {
      cancelBeat();
      hasLeft = true;
      if (reader !== null) return reader.cancel(reason);
      const dispose = (answer: Answer): unknown => (answer.kind === "stream" ? answer.body.cancel(reason) : undefined);
      void pending.then(dispose);
    },
  });
}

/** How patient an endpoint is with its client. */
export interface Patience {
  readonly isStream: boolean;
  readonly requestedModel: string;
  readonly heartbeatMs: number;
  readonly clock: Clock;
  readonly budgets: BudgetGuard;
}

/**
 * The response to an answer that is still being worked on. When it takes longer than a heartbeat, a stream is opened at once
 * and kept alive, and so is a JSON reply while a local model loads; the status is then 200 and an error is told in the body.
 */
export async function respond(pending: Promise<Answer>, call: Call, patience: Patience): Promise<Response> {
  const { clock, heartbeatMs, isStream } = patience;
  let cancelTimer = (): void => undefined;
  const late = new Promise<null>((resolve) => {
    cancelTimer = clock.after(heartbeatMs, () => resolve(null));
  });
  const first = await Promise.race([pending, late]);
  cancelTimer();
  if (first !== null) return toResponse(call, first);
  if (!isStream && call.progress.target?.isLocal !== true) return toResponse(call, await pending);
  const waiting = isStream ? waitingStream(call, patience) : waitingJson(call, patience);
  return new Response(patientBody(pending, waiting, heartbeatMs, clock), { headers: waiting.headers });
}
