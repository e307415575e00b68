import type { ClientError } from "../core/fault.ts";
import { refusal } from "../core/fault.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { Call, Caller } from "../gateway/call.ts";
import type { Services } from "../gateway/services.ts";
import type { ApiBody, ApiContext } from "./api-context.ts";
import { cacheWishOf } from "./cache-wish.ts";
import { identify } from "./identify.ts";

/** A request that has been let in: who asks, and what was sent. */
export interface OpenedCall {
  readonly call: Call;
  readonly body: ApiBody;
}

/** Client headers that a provider of the same dialect should see. */
const PASS_HEADERS = ["anthropic-beta", "anthropic-version"];

function passHeaders(request: Request): Record<string, string> {
  return Object.fromEntries(
    PASS_HEADERS.flatMap((name) => {
      const value = request.headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

function isOn(value: string | null): boolean {
  return value === "1" || value === "true";
}

const TASK = /^[a-z][a-z0-9_-]{0,63}$/;

/** The task class that a client states; anything but a plain word counts as none. */
function taskOf(request: Request): string | null {
  const stated = request.headers.get("x-lodestar-task");
  return stated !== null && TASK.test(stated) ? stated : null;
}

/** Who asks; an address that tried too many wrong keys is not even looked at. */
export function identifyAt(peer: string, request: Request, context: ApiContext): Result<Caller, ClientError> {
  if (!context.keyring.isRequired()) return identify(request, context.keyring, context.sessions);
  const tooMany = context.guessWait(peer);
  if (tooMany !== null) return failure(tooMany);
  const caller = identify(request, context.keyring, context.sessions);
  if (caller.ok) context.trusted(peer);
  else context.rejected(peer);
  return caller;
}

/** A caller that states no tag has that of its project. */
function withTag(caller: Caller, { project }: Services): Caller {
  const tag = caller.tag ?? project(caller.project)?.project.tag ?? null;
  return tag === caller.tag ? caller : { ...caller, tag };
}

/** Checks the credential, reads the body, and opens the call. `peer` is the client's address. */
export async function openCall(
  request: Request,
  dialect: Dialect,
  requestId: string,
  peer: string,
  context: ApiContext,
): Promise<Result<OpenedCall, ClientError>> {
  const { services } = context;
  const arrivedAt = services.clock.monotonic();
  if (!context.isReady()) {
    return failure({
      ...refusal("shutting_down", "Lodestar is stopping; try again in a moment.", {
        status: 503,
        type: "overloaded_error",
      }),
      shouldRetry: true,
    });
  }
  const caller = identifyAt(peer, request, context);
  if (!caller.ok) return caller;
  const cacheWish = cacheWishOf(request.headers);
  if (!cacheWish.ok) return cacheWish;
  const body = await context.readBody(request);
  if (!body.ok) return body;
  const call: Call = {
    requestId,
    caller: withTag(caller.value, services),
    signal: request.signal,
    dialect,
    passHeaders: passHeaders(request),
    isStrict: services.settings().isStrict || isOn(request.headers.get("x-lodestar-strict")),
    wantsMetadata: isOn(request.headers.get("x-lodestar-metadata")),
    task: taskOf(request),
    cacheWish: cacheWish.value,
    isBatch: request.headers.get("x-lodestar-priority") === "batch",
    ...(request.headers.get("x-lodestar-route") === "shadow" ? { routeWish: "shadow" as const } : {}),
    header: (name) => request.headers.get(name),
    arrivedAt,
    progress: { target: null },
  };
  return success({ call, body: body.value });
}
