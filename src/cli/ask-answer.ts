import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../core/json.ts";
import type { ModelAnswer } from "../core/model-port.ts";
import { failure, type Result, success } from "../core/result.ts";
import { EXIT_CODES, type ExitCode } from "../terminal/exit-code.ts";
import type { CliProblem } from "../terminal/problem.ts";
import { readServerEvents } from "./sse.ts";

function exitOf(status: number, type: string): ExitCode {
  if (type === "insufficient_quota") return EXIT_CODES.budget;
  if (status === 401 || status === 403) return EXIT_CODES.auth;
  if (status >= 500 || status === 429) return EXIT_CODES.upstream;
  return EXIT_CODES.failure;
}

function fixOf(code: string, status: number): string | undefined {
  if (status === 401) return "export LODESTAR_API_KEY=… with a key made by: lodestar keys create NAME";
  if (code === "model_not_found") return "lodestar models lists what can be asked";
  if (code === "provider_not_configured" || code === "target_unavailable") {
    return "lodestar doctor says what is missing; a free start: ollama pull qwen2.5-coder:1.5b";
  }
  if (status >= 500) return "lodestar requests shows every attempt; lodestar doctor checks the set-up";
  return undefined;
}

/** An OpenAI error envelope as a problem. */
function answerProblem(status: number, body: JsonValue | undefined, requestId: string): CliProblem {
  const error = isJsonObject(body) && isJsonObject(body.error) ? body.error : {};
  const code = typeof error.code === "string" ? error.code : `http_${status}`;
  const type = typeof error.type === "string" ? error.type : "";
  const said = typeof error.message === "string" ? error.message : `the gateway answered ${status}`;
  const fix = fixOf(code, status);
  const message = requestId === "" ? said : `${said}\nrequest ${requestId}`;
  return { code, message, exitCode: exitOf(status, type), ...(fix === undefined ? {} : { fix }) };
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

function firstChoice(json: JsonObject): JsonObject | null {
  const choice = Array.isArray(json.choices) ? json.choices[0] : undefined;
  return isJsonObject(choice) ? choice : null;
}

/** The running state of a streamed answer. */
interface Draft {
  text: string;
  finish: string | null;
  usage: JsonObject | null;
}

function costOf(usage: JsonObject | null): Pick<ModelAnswer, "costUsd" | "costReason"> {
  const details = isJsonObject(usage?.cost_details) ? usage.cost_details : {};
  return {
    costUsd: typeof usage?.cost === "number" ? usage.cost : null,
    costReason: textOf(details.reason) || null,
  };
}

function apply(draft: Draft, json: JsonObject, onText: (text: string) => void): void {
  const choice = firstChoice(json);
  const delta = isJsonObject(choice?.delta) ? choice.delta : {};
  const text = textOf(delta.content);
  if (text !== "") onText(text);
  draft.text += text;
  draft.finish = textOf(choice?.finish_reason) || draft.finish;
  if (isJsonObject(json.usage)) draft.usage = json.usage;
}

/** Reads a streamed chat completion; `onText` gets each piece as it comes. A stream without its end is a problem, not an answer. */
export async function readAnswer(
  response: Response,
  onText: (text: string) => void,
): Promise<Result<ModelAnswer, CliProblem>> {
  const requestId = response.headers.get("x-lodestar-request-id") ?? "";
  if (!response.ok) return failure(answerProblem(response.status, parseJson(await response.text()), requestId));
  const draft: Draft = { text: "", finish: null, usage: null };
  let isWhole = false;
  for await (const { data } of readServerEvents(response.body ?? new Blob([]).stream())) {
    if (data === "[DONE]") isWhole = true;
    const json = parseJson(data);
    if (!isJsonObject(json)) continue;
    if (json.error !== undefined) return failure(answerProblem(502, json, requestId));
    apply(draft, json, onText);
  }
  if (!isWhole && draft.finish === null) {
    const message = `the answer was cut off after ${draft.text.length} characters`;
    return failure({ code: "answer_cut", message, exitCode: EXIT_CODES.upstream });
  }
  const provider = response.headers.get("x-lodestar-provider");
  const model = response.headers.get("x-lodestar-model") ?? "";
  const isQualified = provider === null || model.startsWith(`${provider}/`);
  return success({ ...draft, ...costOf(draft.usage), requestId, model: isQualified ? model : `${provider}/${model}` });
}
