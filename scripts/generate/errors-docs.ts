import { FAULT_RULES, type FaultKind } from "../../src/core/fault.ts";
import type { GeneratedFile } from "./providers.ts";

/** What each kind of upstream failure is, for a reader of the reference. */
const FAULT_MEANINGS: Readonly<Record<FaultKind, string>> = {
  connect: "The provider cannot be reached: refused, unknown host, TLS, or reset before its reply began.",
  timeout: "A deadline passed (`deadlines` in the configuration; the message says which).",
  "rate-limited": "The provider asks for a pause. `retry-after` is passed on.",
  "quota-exhausted": "Credit or plan is used up at the provider. Top it up there; waiting does not help.",
  auth: "The provider refused its key. Store a new one: `lodestar provider add NAME`.",
  overloaded: "The provider is up but too busy.",
  "upstream-error": "The provider answered with an error of its own.",
  "model-not-found": "The provider does not have that model. `lodestar models` lists what there is.",
  "context-length": "The prompt is longer than the model's context.",
  "content-policy": "The provider refuses the content. No other target is tried.",
  "bad-request": "The provider refuses the request itself; its own 4xx status is kept.",
  garbage: "The provider's reply is not in its own format.",
  truncated: "The provider's stream ended without its last event.",
  unsupported: "The target cannot do what the request needs, for example images or tools.",
  "cooling-down": "Not tried: the account pauses after faults. `lodestar status` says until when and why.",
  "no-key": "Not tried: no key is configured for the provider.",
  unavailable: "Not tried: nothing is there to be asked, for example no local model is pulled.",
  "over-budget":
    "Not tried: the call does not fit a budget; the message says which, what is spent and when it begins again. `lodestar budgets` shows all.",
  rejected:
    "An answer failed a check of the verified cascade before the client got it, and was paid for; another model is asked.",
  "budget-held":
    "Not tried: it would fit its budget, were less reserved for open attempts. `retry-after` says when to try again.",
  unpriced: "Not tried: no price is known for a paid model under a budget. Give it one, or say `unpriced: allow`.",
  "client-left": "The client went away. It gets nothing, and the provider is not blamed.",
  shutdown: "The gateway is stopping.",
  internal: "A bug of Lodestar, or its own store failing. The log has the request id.",
};

/** Refusals before any provider is asked: code, status, and what to do. A test compares the codes with the sources. */
export const REFUSALS: readonly (readonly [code: string, status: number, meaning: string])[] = [
  ["invalid_json", 400, "The body is not JSON, or not an object."],
  ["empty_body", 400, "The request has no body."],
  ["invalid_utf8", 400, "The body is not UTF-8."],
  ["bad_encoding", 400, "The body is not in the encoding its header names."],
  ["unsupported_encoding", 415, "The body is compressed in a way that is not taken."],
  ["json_too_complex", 400, "The JSON is nested too deeply or has too many members."],
  ["request_too_large", 413, "The body is larger than `server.maxBody`."],
  ["url_too_long", 414, "The URL is too long."],
  ["headers_too_large", 431, "There are too many headers, or they are too large."],
  ["bad_host", 400, "The `Host` header is missing or malformed."],
  ["host_not_allowed", 403, "That host name is not ours; the message has the line for `server.allowedHosts`."],
  ["origin_not_allowed", 403, "That web page may not call; the message has the line for `server.allowedOrigins`."],
  ["invalid_api_key", 401, "A client key exists and none, or a wrong one, was sent."],
  ["too_many_failed_keys", 429, "Too many wrong keys from this address; wait and use the right one."],
  ["too_many_requests_in_flight", 429, "This client has too many requests open at once, or more than its key may."],
  ["key_rate_exceeded", 429, "The key has used up its requests of this minute; `retry-after` says when to come again."],
  ["key_token_rate_exceeded", 429, "The key has used up its tokens of this minute; likewise."],
  ["route_not_found", 404, "There is no such path. The base URL of OpenAI clients ends in `/v1`."],
  ["method_not_allowed", 405, "The path is right, the method is not."],
  ["method_not_found", 404, "Gemini's paths: a model has no such method; the message names those it has."],
  ["upgrade_required", 426, "Responses are served over HTTP, not over a WebSocket: POST to the same path."],
  ["rule_ceiling", 403, "Every model that the request may go to is expected to cost more than a routing rule allows."],
  ["rule_denied", 403, "A routing rule refuses the request; the message names the rule and has its words."],
  ["invalid_request", 400, "A member of the request is wrong; `param` names it."],
  ["invalid_parameter", 400, "A member of the request has the wrong type; `param` names it."],
  ["invalid_type", 400, "A member of the request has the wrong type; `param` names it."],
  [
    "unsupported_parameter",
    400,
    "A member that was sent is not taken here, or, in strict mode, cannot be honoured by the target.",
  ],
  [
    "previous_response_not_found",
    400,
    "That response was never kept, was deleted, is too old, belongs to another key, or to a conversation that its provider keeps.",
  ],
  [
    "cache_miss",
    504,
    "`x-lodestar-cache: only` (or `cache-control: only-if-cached`) asks for a kept answer, and there is none for this request.",
  ],
  ["response_not_found", 404, "As `previous_response_not_found`, where the path names the response."],
  ["thread_unsupported_request", 400, "Conversations kept at the server (`thread`) are not served."],
  ["image_not_fetched", 400, "The URL of an image could not be fetched, or points where nobody may look."],
  ["model_not_found", 404, "No configured provider has that model; the message suggests names."],
  ["model_name_too_long", 400, "The name of the model is longer than any model's."],
  ["model_ambiguous", 400, "Several providers have that model: write `provider/model`."],
  ["chain_too_large", 400, "The chain names chains that name chains, too many times over: name the models themselves."],
  ["model_not_allowed", 403, "The calling key may not use that model."],
  ["provider_not_configured", 400, "That provider has no key yet: `lodestar provider add NAME`."],
  ["no_local_model", 400, "`free` needs a pulled local model; the message has the command."],
  ["no_paid_provider", 400, "`cheap` and `best` need a paid provider: `lodestar provider add NAME`."],
  ["cooling_down", 503, "Every target pauses after faults; `retry-after` says how long."],
  ["missing_id", 400, "`/v1/generation` needs `?id=req_…`."],
  ["evidence_unusable", 503, "What was judged cannot be kept: `votes.db` of the state directory cannot be written."],
  ["generation_not_found", 404, "The ledger has no such request of the calling key."],
  ["shutting_down", 503, "The gateway is stopping; try again in a moment."],
  ["internal", 500, "A bug of Lodestar. The log has the request id."],
];

function yes(value: boolean): string {
  return value ? "yes" : "no";
}

function faultRows(): readonly string[] {
  return Object.entries(FAULT_RULES).map(([kind, rule]) => {
    const meaning = FAULT_MEANINGS[kind as FaultKind];
    const flags = [rule.isRetryable, rule.isFallbackAllowed, rule.isHealthFault, rule.isTransient].map(yes);
    return `| \`${rule.code}\` | ${rule.status} | \`${rule.errorType}\` | ${flags.join(" | ")} | ${rule.coolsDown} | ${meaning} |`;
  });
}

/** `docs/errors.md`: every error code a client can see, from the table that the gateway itself follows. */
export function generateErrorReference(): readonly GeneratedFile[] {
  const text = [
    "# Error codes",
    "",
    "*Generated from `FAULT_RULES` in `src/core/fault.ts` by `bun run generate`. Do not edit.*",
    "",
    "Every error is in the envelope of the caller's dialect, with a request id (`x-lodestar-request-id`), a `type` from one",
    "vocabulary and a stable `code`. `lodestar requests show ID` tells what was tried.",
    "",
    "## When a provider fails",
    "",
    "A chain of targets is tried in order; the client is told of the last fault. *Retry*: the same target is tried again after a",
    "pause. *Next*: the next target is tried. *Health*: it counts against the target. *Client*: the client may try again by",
    "itself; where not, `x-should-retry: false` is sent. *Pause*: who is left alone for a while, the account or all accounts",
    "that share its quota.",
    "",
    "| code | status | type | retry | next | health | client | pause | meaning |",
    "|---|---|---|---|---|---|---|---|---|",
    ...faultRows(),
    "",
    "## When a request is refused before any call",
    "",
    "| code | status | meaning |",
    "|---|---|---|",
    ...REFUSALS.map(([code, status, meaning]) => `| \`${code}\` | ${status} | ${meaning} |`),
    "",
    "Problems of the command line carry a code too (`code: port_in_use` on stderr, `error.code` with `--json`) and end with the",
    "[exit codes](cli.md#exit-codes).",
    "",
  ];
  return [{ path: "docs/errors.md", text: text.join("\n") }];
}
