import * as v from "valibot";
import type { ClientError } from "../../core/fault.ts";
import type { JsonObject } from "../../core/json.ts";
import { NO_LIMITS } from "../../core/key-limits.ts";
import type { DialectName } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { Dialect } from "../../dialects/dialect.ts";
import type { ChatCall } from "../../gateway/call.ts";

const label = v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(256)));

/** A request to be explained: a prompt, or a body as a client sends it in a dialect. */
export const explainBody = v.strictObject({
  prompt: v.optional(v.string()),
  body: v.optional(v.record(v.string(), v.unknown())),
  dialect: v.optional(v.picklist(["openai-chat", "openai-responses", "anthropic", "gemini", "ollama"]), "openai-chat"),
  task: label,
  project: label,
  session: label,
});

type Wish = v.InferOutput<typeof explainBody>;

function bodyOf({ prompt, body }: Wish): JsonObject {
  // A record of JSON that was parsed from JSON text.
  if (body !== undefined) return { ...(body as JsonObject), model: "auto" };
  return { model: "auto", messages: [{ role: "user", content: prompt ?? "" }] };
}

/** A call that is never sent: who asks is the administrator, without a key's limits. */
export function callOf(
  wish: Wish,
  dialects: Readonly<Partial<Record<DialectName, Dialect>>>,
): Result<ChatCall, Pick<ClientError, "code" | "message">> {
  const { dialect: name, task = null, project = null, session = null } = wish;
  const dialect = dialects[name];
  if (dialect === undefined) return failure({ code: "bad_body", message: `the dialect ${name} is not here` });
  const json = bodyOf(wish);
  const request = dialect.decodeRequest(json, "auto");
  if (!request.ok) return request;
  const caller = { keyId: null, project, session, client: null, tag: null, file: null, credential: null } as const;
  return success({
    requestId: "explain",
    caller: { ...caller, allowedModels: [], limits: NO_LIMITS },
    signal: new AbortController().signal,
    dialect,
    passHeaders: {},
    isStrict: false,
    wantsMetadata: false,
    task,
    arrivedAt: 0,
    progress: { target: null },
    request: { ...request.value, model: "auto" },
    body: { text: JSON.stringify(json), json },
  });
}
