import { refusal } from "../core/fault.ts";
import { failure, success } from "../core/result.ts";
import { openaiChat } from "../dialects/openai-chat/dialect.ts";
import { answerImages } from "../gateway/answer.ts";
import type { ApiContext } from "./api-context.ts";
import { type Arrival, serve } from "./inference.ts";

/** `POST /v1/images/generations`: passed on to the provider that the model's name leads to, and priced. */
export function serveImages(arrival: Arrival, context: ApiContext): Promise<Response> {
  return serve(arrival, openaiChat, context, ({ call, body }) => {
    const { model, stream } = body.json;
    if (typeof model !== "string" || model === "") {
      const message = "model must be the name of a model that makes images, such as openai/gpt-image-1.";
      return failure(refusal("invalid_parameter", message, { param: "model" }));
    }
    if (stream === true) {
      const message = "Images are not streamed here. Send the request without `stream`.";
      return failure(refusal("unsupported_parameter", message, { param: "stream" }));
    }
    const answer = () => answerImages({ ...call, request: { model }, body }, context.services);
    return success({ isStream: false, requestedModel: model, answer });
  });
}
