import type { Fault } from "../core/fault.ts";
import type { EmbeddingRequest } from "../core/request.ts";
import { failure, type Result, success } from "../core/result.ts";
import { estimateTokens, type Usage } from "../core/usage.ts";
import { costHeader } from "./answer-headers.ts";
import type { Attempt } from "./attempt.ts";
import { bookAnswer } from "./booking.ts";
import type { EmbeddingCall, Won } from "./call.ts";
import { encodeTargetOf } from "./encode-target.ts";
import { callUpstream, findRoute, readJson } from "./exchange.ts";
import { sizeOfEmbedding } from "./local-gate.ts";
import { replyStampOf } from "./reply-stamp.ts";
import type { Services } from "./services.ts";

function estimateInputs(request: EmbeddingRequest): Usage {
  const tokens = request.inputs.reduce<number>(
    (sum, input) => sum + (typeof input === "string" ? estimateTokens(input) : input.length),
    0,
  );
  return {
    input: { uncached: tokens, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
    output: { text: 0, reasoning: 0 },
    raw: null,
  };
}

/** Asks one target for embeddings. */
export async function exchangeEmbeddings(
  call: EmbeddingCall,
  attempt: Attempt,
  services: Services,
): Promise<Result<Won, Fault>> {
  const route = findRoute(attempt, call, services);
  if (!route.ok) return route;
  const codec = route.value.dialect.embeddings;
  const own = call.dialect.embeddings;
  if (codec === undefined || own === undefined) {
    const name = attempt.configured.provider.name;
    return failure({
      kind: "unsupported",
      feature: "embeddings",
      message: `${name} has no embeddings that Lodestar can use. Ask a model that has, such as openai/text-embedding-3-small or ollama/nomic-embed-text.`,
    });
  }
  const sentAt = services.clock.monotonic();
  const entered = await services.localGate.enter(attempt, call, route.value, () => sizeOfEmbedding(call.request));
  if (!entered.ok) return entered;
  const encoded = codec.encodeRequest(call.request, encodeTargetOf(attempt, services));
  const path = typeof codec.path === "string" ? codec.path : codec.path(attempt.planned.target.model);
  attempt.noteSent(() => estimateInputs(call.request));
  const sent = await callUpstream(
    attempt,
    call,
    route.value,
    { path, body: JSON.stringify(encoded.body), isStream: false },
    services,
  );
  if (!sent.ok) return sent;
  const json = await readJson(attempt, sent.value, services);
  if (!json.ok) return json;
  const reply = codec.decodeReply(json.value);
  if (!reply.ok) return reply;
  services.health.succeeded(attempt.planned.target);
  attempt.noteContent();
  const { usage, cost } = bookAnswer(attempt, reply.value.usage, () => estimateInputs(call.request));
  const { dialect } = route.value;
  const { warnings } = encoded;
  attempt.recording?.begin({ dialect, form: "reply", isVerbatim: false, warnings, isChecked: false });
  attempt.recording?.end("stop");
  const stamp = replyStampOf(call, call.request.model, services.clock.now());
  const body = own.encodeReply({ ...reply.value, usage }, call.request, stamp, cost);
  const waitedMs = services.clock.monotonic() - sentAt;
  return success({
    warnings,
    body: JSON.stringify(body),
    headers: costHeader(cost.costNanoUsd),
    waitedMs,
  });
}
