import type { Context } from "hono";
import type { CreatedKeyView } from "../core/admin-view.ts";
import { isJsonObject, type JsonObject, parseJson } from "../core/json.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { AdminContext } from "./admin-context.ts";
import { adminError } from "./admin-guard.ts";
import { keyBody, parseWith } from "./admin-schema.ts";

/** Admin bodies are small; more is refused before it is parsed. Bytes. */
const MOST_BODY_BYTES = 64 * 1024;

/** A small JSON object as a request's body; an absent body is an empty object. */
export async function readBody(context: Context): Promise<Result<JsonObject, string>> {
  const declared = Number(context.req.header("content-length") ?? 0);
  if (declared > MOST_BODY_BYTES) return failure(`the body is larger than ${MOST_BODY_BYTES} bytes`);
  const text = await context.req.text();
  if (text.length > MOST_BODY_BYTES) return failure(`the body is larger than ${MOST_BODY_BYTES} bytes`);
  if (text === "") return success({});
  const json = parseJson(text);
  return isJsonObject(json) ? success(json) : failure("the body is not a JSON object");
}

/** `GET /v1/keys`: all keys, without secrets. */
export function answerKeys(context: Context, admin: AdminContext): Response {
  return context.json({ keys: admin.keyStore.list() });
}

/** `POST /v1/keys`: makes a key; this answer is the only time its secret is told. */
export async function createKey(context: Context, admin: AdminContext): Promise<Response> {
  const body = await readBody(context);
  if (!body.ok) return adminError(context, 400, "bad_body", body.error);
  const wish = parseWith(keyBody, body.value);
  if (!wish.ok) return adminError(context, 400, "bad_body", wish.error);
  if (admin.keyStore.list().some((key) => key.name === wish.value.name && key.revokedAt === null)) {
    const fix = "choose another name, or revoke that one first";
    return adminError(context, 409, "key_exists", `a key named "${wish.value.name}" exists`, fix);
  }
  const wasKeyless = !admin.keyStore.hasAny();
  const { key, secret } = admin.mintKey(wish.value);
  const view: CreatedKeyView = { ...key, secret, endedKeyless: wasKeyless };
  return context.json(view, 201);
}

/** `DELETE /v1/keys/:id`: revokes by id or name, at once. */
export function revokeKey(context: Context, admin: AdminContext, idOrName: string): Response {
  const live = admin.keyStore.list().filter((key) => key.revokedAt === null);
  const key = live.find(({ id }) => id === idOrName) ?? live.find(({ name }) => name === idOrName);
  if (key === undefined || !admin.keyStore.revoke(key.id, admin.now())) {
    return adminError(context, 404, "key_not_found", `no live key "${idOrName}"`, "lodestar keys list shows them");
  }
  return context.json({ revoked: key.id, name: key.name, isKeyless: !admin.keyStore.hasAny() });
}
