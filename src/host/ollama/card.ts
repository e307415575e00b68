import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { askOllama, count, text, words } from "./answer.ts";

/** What an Ollama server says of one model (`POST /api/show`). */
export interface ModelCard {
  /** As the server said it, but for the list of its tensors. */
  readonly body: JsonObject;
  readonly capabilities: readonly string[] | null;
  /** The longest context that the model was made for, in tokens. */
  readonly contextTokens: number | null;
  /** Its architecture, such as `qwen3`. */
  readonly family: string | null;
}

/** What it does not say is null. Source of the names: docs.ollama.com/api, "Show model details". */
function readCard(show: JsonObject): ModelCard {
  const { tensors: _tensors, ...body } = show;
  const info = isJsonObject(show.model_info) ? show.model_info : {};
  const details = isJsonObject(show.details) ? show.details : {};
  const family = text(info["general.architecture"]) ?? text(details.family);
  const contextTokens = family === null ? null : count(info[`${family}.context_length`]);
  return { body, capabilities: words(show.capabilities), contextTokens, family };
}

/** Asks for the card of one model. The error is for people. */
export async function fetchCard(baseUrl: string, model: string, timeoutMs: number): Promise<Result<ModelCard, string>> {
  const show = await askOllama(`${baseUrl.replace(/\/+$/, "")}/api/show`, timeoutMs, { model });
  if (!show.ok) return show;
  const { value } = show;
  if (isJsonObject(value) && isJsonObject(value.details)) return success(readCard(value));
  return failure(`${baseUrl}/api/show told nothing of ${model}`);
}
