import { success } from "../core/result.ts";
import { completions } from "../dialects/completions/codec.ts";
import { answerCompletion } from "../gateway/answer.ts";
import type { CompletionCall } from "../gateway/completions.ts";
import type { ApiContext } from "./api-context.ts";
import { type Arrival, serve } from "./inference.ts";

/** `POST /v1/completions`: OpenAI's legacy text completions, with `suffix` to fill in the middle, whole or streamed. */
export function serveCompletions(arrival: Arrival, context: ApiContext): Promise<Response> {
  const abilitiesOf: CompletionCall["abilitiesOf"] = (provider, model) => {
    const installed = context.local.stateOf(provider)?.installed ?? [];
    return installed.find(({ name }) => name === model || name === `${model}:latest`)?.capabilities ?? null;
  };
  return serve(arrival, completions, context, ({ call, body }) => {
    const decoded = completions.decodeRequest(body.json);
    if (!decoded.ok) return decoded;
    const request = decoded.value;
    const answer = () => answerCompletion({ ...call, request, body, abilitiesOf }, context.services);
    return success({ isStream: request.stream, requestedModel: request.model, answer });
  });
}
