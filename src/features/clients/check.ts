import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../core/json.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import type { ClientDialect } from "./client.ts";

/** How a check reaches the daemon. */
export type Send = (path: string, init: RequestInit) => Promise<Result<Response, CliProblem>>;

/** What one real request showed. */
export interface CheckReport {
  readonly dialect: ClientDialect;
  readonly path: string;
  readonly requestedModel: string;
  /** `provider/model` that answered, as far as it was told. */
  readonly answeredBy: string | null;
  /** The text of the answer; empty where the model only thought. */
  readonly text: string;
  /** USD; null when there is no price. */
  readonly costUsd: number | null;
  readonly requestId: string | null;
}

const QUESTION = "Reply with the word ok.";
/** Room for a short answer and for the thoughts of a model that thinks first. */
const MAX_TOKENS = 64;

interface Probe {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

/** The request that a client of a dialect would send. */
function probeOf(dialect: ClientDialect, model: string): Probe {
  const messages = [{ role: "user", content: QUESTION }];
  switch (dialect) {
    case "openai-chat":
      return { path: "/v1/chat/completions", headers: {}, body: { model, max_tokens: MAX_TOKENS, messages } };
    case "openai-responses":
      return {
        path: "/v1/responses",
        headers: {},
        body: { model, max_output_tokens: MAX_TOKENS, input: QUESTION, store: false },
      };
    case "anthropic":
      return {
        path: "/v1/messages",
        headers: { "anthropic-version": "2023-06-01" },
        body: { model, max_tokens: MAX_TOKENS, messages },
      };
    case "gemini":
      return {
        path: `/v1beta/models/${model}:generateContent`,
        headers: {},
        body: {
          contents: [{ role: "user", parts: [{ text: QUESTION }] }],
          generationConfig: { maxOutputTokens: MAX_TOKENS },
        },
      };
  }
}

function list(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function object(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function texts(parts: readonly JsonObject[]): string {
  return parts.map((part) => (typeof part.text === "string" ? part.text : "")).join("");
}

/** Where each dialect keeps its parts; null where the reply is none of it. */
function partsOf(dialect: ClientDialect, reply: JsonObject): readonly JsonObject[] | null {
  switch (dialect) {
    case "openai-chat": {
      const [choice] = list(reply.choices);
      const content = object(choice?.message).content;
      return choice === undefined ? null : [{ text: typeof content === "string" ? content : "" }];
    }
    case "openai-responses":
      return Array.isArray(reply.output) ? list(reply.output).flatMap((item) => list(item.content)) : null;
    case "anthropic":
      return Array.isArray(reply.content) ? list(reply.content) : null;
    case "gemini": {
      const [candidate] = list(reply.candidates);
      return candidate === undefined ? null : list(object(candidate.content).parts);
    }
  }
}

function costOf(reply: JsonObject): number | null {
  const { cost } = { ...object(reply.usageMetadata), ...object(reply.usage) };
  return typeof cost === "number" ? cost : null;
}

const EXIT_BY_STATUS: Readonly<Record<number, CliProblem["exitCode"]>> = {
  401: EXIT_CODES.auth,
  403: EXIT_CODES.auth,
  404: EXIT_CODES.failure,
  429: EXIT_CODES.budget,
};

/** An error of any dialect's envelope as a problem. */
function refused(status: number, reply: JsonValue | undefined, path: string): CliProblem {
  const error = isJsonObject(reply) ? reply.error : undefined;
  const told = isJsonObject(error) ? error.message : error;
  const message = typeof told === "string" ? told : "the answer says nothing more";
  return {
    code: "client_check_failed",
    message: `${path} answered ${status}: ${message}`,
    fix: "lodestar doctor looks at the daemon and its providers; --model asks for another model",
    exitCode: EXIT_BY_STATUS[status] ?? (status >= 500 ? EXIT_CODES.upstream : EXIT_CODES.failure),
  };
}

function answeredBy(headers: Headers): string | null {
  const model = headers.get("x-lodestar-model");
  const provider = headers.get("x-lodestar-provider");
  return model === null || provider === null ? model : `${provider}/${model}`;
}

/** Sends one small request in a client's dialect and reads the answer as that client would. */
export async function checkDialect(
  dialect: ClientDialect,
  model: string,
  send: Send,
): Promise<Result<CheckReport, CliProblem>> {
  const { path, headers, body } = probeOf(dialect, model);
  const sent = await send(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  if (!sent.ok) return sent;
  const response = sent.value;
  const reply = parseJson(await response.text());
  if (!response.ok) return failure(refused(response.status, reply, path));
  const parts = isJsonObject(reply) ? partsOf(dialect, reply) : null;
  if (!isJsonObject(reply) || parts === null) {
    const message = `${path} answered ${response.status}, but not in the ${dialect} dialect`;
    const fix = "the URL may be that of another server: lodestar status names the daemon's";
    return failure({ code: "client_check_not_lodestar", message, fix, exitCode: EXIT_CODES.failure });
  }
  return success({
    dialect,
    path,
    requestedModel: model,
    answeredBy: answeredBy(response.headers),
    text: texts(parts).trim(),
    costUsd: costOf(reply),
    requestId: response.headers.get("x-lodestar-request-id"),
  });
}
