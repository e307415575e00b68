import type { Fault } from "../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { failure, type Result, success } from "../core/result.ts";
import { stampFields } from "../core/stamp.ts";
import { NO_USAGE, type Usage } from "../core/usage.ts";
import { openaiChat } from "../dialects/openai-chat/dialect.ts";
import { setTopLevelMember } from "../dialects/patch.ts";
import { costHeader } from "./answer-headers.ts";
import type { Attempt } from "./attempt.ts";
import { bookAnswer } from "./booking.ts";
import type { ImageCall, Won } from "./call.ts";
import { exchangeDrawing } from "./draw.ts";
import { callUpstream, findRoute, readJson } from "./exchange.ts";
import type { Services } from "./services.ts";

function countOf(value: JsonValue | undefined): number {
  return typeof value === "number" && value > 0 ? value : 0;
}

/** The counts of OpenAI's image models: tokens of text and of images, both ways. Source: its reference, images/create. */
function usageOf(raw: JsonValue | undefined): Usage | undefined {
  if (!isJsonObject(raw)) return undefined;
  const input = countOf(raw.input_tokens);
  const output = countOf(raw.output_tokens);
  if (input + output === 0) return undefined;
  const details = isJsonObject(raw.input_tokens_details) ? raw.input_tokens_details : {};
  const image = countOf(details.image_tokens);
  return {
    input: { uncached: input, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, ...(image === 0 ? {} : { image }) },
    output: { text: output, reasoning: 0, ...(output === 0 ? {} : { image: output }) },
    raw,
  };
}

function imagesOf(json: JsonValue): Result<JsonObject, Fault> {
  if (isJsonObject(json) && Array.isArray(json.data)) return success(json);
  const failed = isJsonObject(json) && isJsonObject(json.error);
  if (failed) return failure(openaiChat.decodeFault(200, () => null, JSON.stringify(json)));
  return failure({ kind: "garbage", message: "The upstream's reply holds no list of images under `data`." });
}

/** Asks one target for images, where it speaks OpenAI's dialect. The reply passes as it came, with its cost in `usage`. */
export async function exchangeImages(
  call: ImageCall,
  attempt: Attempt,
  services: Services,
): Promise<Result<Won, Fault>> {
  const { provider } = attempt.configured;
  if (provider.draws === "sdapi") return exchangeDrawing(call, attempt, services);
  const endpoint = provider.endpoints.find(({ dialect }) => dialect === "openai-chat");
  if (endpoint === undefined) {
    const message = `${provider.name} has no images that Lodestar can ask for. Providers that speak OpenAI's dialect have them, such as openai/gpt-image-1.`;
    return failure({ kind: "unsupported", feature: "images", message });
  }
  const route = findRoute(attempt, call, services, { endpoint, dialect: openaiChat, isClientDialect: true });
  if (!route.ok) return route;
  const sentAt = services.clock.monotonic();
  const body = setTopLevelMember(call.body.text, "model", JSON.stringify(attempt.planned.target.model));
  const request = { path: "/images/generations", body, isStream: false };
  const sent = await callUpstream(attempt, call, route.value, request, services);
  if (!sent.ok) return sent;
  const json = await readJson(attempt, sent.value, services);
  if (!json.ok) return json;
  const images = imagesOf(json.value);
  if (!images.ok) return images;
  services.health.succeeded(attempt.planned.target);
  attempt.noteContent();
  const { cost } = bookAnswer(attempt, usageOf(images.value.usage), () => NO_USAGE);
  const stated = isJsonObject(images.value.usage) ? images.value.usage : {};
  const answer = { ...images.value, usage: { ...stated, ...stampFields(cost) } };
  const waitedMs = services.clock.monotonic() - sentAt;
  return success({ warnings: [], body: JSON.stringify(answer), headers: costHeader(cost.costNanoUsd), waitedMs });
}
