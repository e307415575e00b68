import type { Fault } from "../core/fault.ts";
import type { JsonObject } from "../core/json.ts";
import { failure, type Result, success } from "../core/result.ts";
import { stampFields } from "../core/stamp.ts";
import { didYouMean } from "../core/suggest.ts";
import { NO_USAGE } from "../core/usage.ts";
import type { DrawnImage } from "../dialects/stable-diffusion/reply.ts";
import { DEFAULT_CHECKPOINT, type Drawing, encodeDrawing } from "../dialects/stable-diffusion/request.ts";
import { costHeader } from "./answer-headers.ts";
import type { Attempt } from "./attempt.ts";
import { bookAnswer } from "./booking.ts";
import type { ImageCall, Won } from "./call.ts";
import { strictFault } from "./chat-request.ts";
import { createDrawServer, type DrawServer } from "./draw-server.ts";
import { accountCredential } from "./endpoint.ts";
import { CLIENT_LEFT } from "./lifeline.ts";
import type { Services } from "./services.ts";

/** What a server takes where nothing is said; for expectations only. */
const USUAL_STEPS = 20;
const LOOK_EVERY_MS = 1_000;

function serverOf(attempt: Attempt, services: Services): DrawServer {
  const { configured, account } = attempt;
  const [endpoint] = configured.provider.endpoints;
  if (endpoint === undefined) throw new Error(`${configured.provider.id} has no address`);
  const { deadlines } = services.settings();
  return createDrawServer(services.send, () => ({
    baseUrl: endpoint.baseUrl,
    headers: {
      "user-agent": `lodestar/${services.version}`,
      ...configured.provider.headers,
      ...accountCredential(configured.provider, endpoint, account.key),
    },
    connectMs: deadlines.connectMs,
    drawMs: Math.min(deadlines.headersMs, deadlines.totalMs ?? Number.POSITIVE_INFINITY),
  }));
}

/** A checkpoint that a server does not have would be passed over in silence: it draws with the one that is loaded. */
async function findCheckpoint(attempt: Attempt, server: DrawServer): Promise<Fault | null> {
  const { provider, model } = attempt.planned.target;
  if (model === DEFAULT_CHECKPOINT) return null;
  const known = await server.checkpoints(attempt.signal);
  if (known === null || known.includes(model)) return null;
  const hint =
    didYouMean(model, known).trim() ||
    `It has ${known.join(", ") || "none"}; ${DEFAULT_CHECKPOINT} takes what is loaded.`;
  return { kind: "model-not-found", message: `${provider} has no checkpoint "${model}". ${hint}` };
}

/** Tells how far a drawing is, once a second, until it is over. */
function followProgress(attempt: Attempt, server: DrawServer, { bus, clock }: Services): () => void {
  const { provider, model } = attempt.planned.target;
  const over = new AbortController();
  let cancelLook = (): void => undefined;
  const look = async (): Promise<void> => {
    const progress = await server.progress(over.signal);
    if (over.signal.aborted || progress === null) return;
    attempt.touch();
    const base = { event: "local", at: clock.now(), provider, model, step: "draw" } as const;
    bus.emit({ ...base, cause: null, contextTokens: null, tookMs: null, replaced: [], progress });
    cancelLook = clock.after(LOOK_EVERY_MS, () => void look());
  };
  cancelLook = clock.after(LOOK_EVERY_MS, () => void look());
  return () => {
    over.abort();
    cancelLook();
  };
}

/** One image after the other, until one fails or the client is gone. */
async function drawEach(
  { body, count, seed }: Drawing,
  server: DrawServer,
  isGone: () => boolean,
  signal: AbortSignal,
): Promise<Result<readonly DrawnImage[], Fault>> {
  const images: DrawnImage[] = [];
  for (let index = 0; index < count && !isGone(); index++) {
    const drawn = await server.draw({ ...body, seed: seed === null ? -1 : seed + index }, signal);
    if (!drawn.ok) return drawn;
    images.push(drawn.value);
  }
  return isGone() ? failure(CLIENT_LEFT) : success(images);
}

/** Draws, and gives the card back however that ends. A server that is too slow is told to stop before. */
async function drawAndLeave(
  work: Promise<Result<readonly DrawnImage[], Fault>>,
  server: DrawServer,
  giveBack: (isDone: boolean) => void,
): Promise<Result<readonly DrawnImage[], Fault>> {
  let isDone = false;
  try {
    const drawn = await work;
    isDone = drawn.ok;
    if (!drawn.ok && drawn.error.kind === "timeout") await server.interrupt();
    return drawn;
  } finally {
    giveBack(isDone);
  }
}

/**
 * Draws. Closing the connection stops no server, so when the client leaves the drawing is interrupted, and its answer, which
 * tells that the card is free, is waited for as long as any upstream may be silent.
 */
async function drawOnCard(
  attempt: Attempt,
  drawing: Drawing,
  server: DrawServer,
  giveBack: (isDone: boolean) => void,
  { clock, settings }: Services,
): Promise<Result<readonly DrawnImage[], Fault>> {
  const { signal } = attempt;
  const call = new AbortController();
  const work = drawAndLeave(
    drawEach(drawing, server, () => signal.aborted, call.signal),
    server,
    giveBack,
  );
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      void server.interrupt();
      const cancelWait = clock.after(settings().deadlines.idleMs, () => call.abort(CLIENT_LEFT));
      void work.then(cancelWait, cancelWait);
      resolve(failure(CLIENT_LEFT));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    void work.then(resolve, reject).then(() => signal.removeEventListener("abort", onAbort));
  });
}

function replyOf(images: readonly DrawnImage[], drawing: Drawing, createdAt: number): JsonObject {
  const [first] = images;
  return {
    created: Math.floor(createdAt / 1_000),
    output_format: "png",
    ...(first === undefined ? {} : { size: `${first.width}x${first.height}` }),
    ...(drawing.steps === null ? {} : { steps: drawing.steps }),
    data: images.map(({ base64, seed }) => ({
      ...(drawing.format === "url" ? { url: `data:image/png;base64,${base64}` } : { b64_json: base64 }),
      ...(seed === null ? {} : { seed }),
    })),
  };
}

/** Asks a Stable Diffusion server for images, when its card is free for it. */
export async function exchangeDrawing(
  call: ImageCall,
  attempt: Attempt,
  services: Services,
): Promise<Result<Won, Fault>> {
  const { clock } = services;
  const encoded = encodeDrawing(call.body.json, attempt.planned.target.model);
  if (!encoded.ok) return failure({ kind: "bad-request", ...encoded.error });
  const drawing = encoded.value;
  if (call.isStrict && drawing.warnings.length > 0) return failure(strictFault(drawing.warnings));
  const sentAt = clock.monotonic();
  const server = serverOf(attempt, services);
  const missing = await findCheckpoint(attempt, server);
  if (missing !== null) return failure(missing);
  const place = await services.drawCard.enter({
    provider: attempt.configured,
    steps: (drawing.steps ?? USUAL_STEPS) * drawing.count,
    isBatch: call.isBatch === true,
    hasNext: attempt.next !== null,
    signal: attempt.signal,
  });
  if (!place.ok) return place;
  const stopFollowing = followProgress(attempt, server, services);
  const drawn = await drawOnCard(attempt, drawing, server, place.value, services);
  stopFollowing();
  if (!drawn.ok) return drawn;
  attempt.upstreamStatus = 200;
  services.health.succeeded(attempt.planned.target);
  attempt.noteContent();
  const { cost } = bookAnswer(attempt, NO_USAGE, () => NO_USAGE);
  const body = { ...replyOf(drawn.value, drawing, clock.now()), usage: stampFields(cost) };
  return success({
    warnings: drawing.warnings,
    body: JSON.stringify(body),
    headers: costHeader(cost.costNanoUsd),
    waitedMs: clock.monotonic() - sentAt,
  });
}
