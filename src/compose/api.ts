import type { ClientError } from "../core/fault.ts";
import { refusal } from "../core/fault.ts";
import { isJsonObject } from "../core/json.ts";
import { createRateBook, FAILED_AUTH_LIMIT } from "../core/rate.ts";
import { failure, type Result, success } from "../core/result.ts";
import { admit } from "../http/admission.ts";
import { readBody } from "../http/admission-body.ts";
import type { ApiBody, ApiContext } from "../http/api-context.ts";
import { createSessionProjects } from "../http/session-projects.ts";
import { createKeyGate } from "./key-gate.ts";
import type { Opening } from "./opening.ts";
import { mintRequestId } from "./secret.ts";

async function readObject(request: Request, maxBytes: number): Promise<Result<ApiBody, ClientError>> {
  const body = await readBody(request, maxBytes);
  if (!body.ok) return body;
  const { text, json } = body.value;
  if (isJsonObject(json)) return success({ text, json });
  return failure(refusal("invalid_json", "The request body must be a JSON object."));
}

function guessing(waitMs: number): ClientError {
  return {
    status: 429,
    type: "rate_limit_error",
    code: "too_many_failed_keys",
    message: `Too many wrong keys came from this address; try again in ${Math.ceil(waitMs / 1000)} s with the right one.`,
    retryAfterMs: waitMs,
    shouldRetry: false,
  };
}

/** Fills what the API surface sees. `isReady` is false while starting and draining. */
export function apiContext(opening: Opening, isReady: () => boolean): ApiContext {
  const { runtime, stores, responses, keyring, clock } = opening;
  const { services } = runtime;
  const failedKeys = createRateBook(FAILED_AUTH_LIMIT);
  const gate = createKeyGate(clock, runtime.bus);
  return {
    services,
    keyring,
    sessions: createSessionProjects(),
    ledger: stores.ledger,
    responses,
    evidence: runtime.evidenceSide.book,
    local: runtime.local,
    admit(request) {
      const { host, allowedHosts, allowedOrigins } = services.settings().server;
      return admit(request, { boundHost: host, allowedHosts, allowedOrigins });
    },
    guessWait(address) {
      const waitMs = failedKeys.waitMs(address, clock.now());
      return waitMs > 0 ? guessing(waitMs) : null;
    },
    trusted: (address) => failedKeys.forget(address),
    rejected: (address) => failedKeys.count(address, clock.now()),
    readBody: (request) => readObject(request, services.settings().maxBodyBytes),
    mintRequestId,
    isReady,
    enter: gate.enter,
  };
}
