import type { Context } from "hono";
import type { InferOutput } from "valibot";
import type { CreatedKeyView, KeyView } from "../../core/admin-view.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../core/json.ts";
import { type KeyLimits, NO_LIMITS } from "../../core/key-limits.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { ApiKey } from "../../stores/ports.ts";
import type { AdminContext } from "./context.ts";
import { adminError } from "./guard.ts";
import { keyBody, limitsBody, parseWith } from "./schema.ts";

type LimitWish = InferOutput<typeof limitsBody>;

/** Admin bodies are small; more is refused before it is parsed. Bytes. */
const MOST_BODY_BYTES = 64 * 1024;

/** A small JSON object as a request's body; an absent body is an empty object. */
export async function readBody(context: Context, mostBytes = MOST_BODY_BYTES): Promise<Result<JsonObject, string>> {
  const declared = Number(context.req.header("content-length") ?? 0);
  if (declared > mostBytes) return failure(`the body is larger than ${mostBytes} bytes`);
  const text = await context.req.text();
  if (text.length > mostBytes) return failure(`the body is larger than ${mostBytes} bytes`);
  if (text === "") return success({});
  const json = parseJson(text);
  return isJsonObject(json) ? success(json) : failure("the body is not a JSON object");
}

/** A budget as wished: where no policy is named, the one of the budget before stays. */
function budgetOf(before: KeyLimits["budget"], wish: LimitWish["budget"]): KeyLimits["budget"] {
  if (wish === undefined) return before;
  return wish === null ? null : { ...wish, over: wish.over ?? before?.over ?? "degrade" };
}

/** Limits changed as wished: what is absent stays. A burst is one of a rate. */
function withLimits(before: KeyLimits, wish: LimitWish): Result<KeyLimits, string> {
  const given = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
  const limits: KeyLimits = { ...before, ...given, budget: budgetOf(before.budget, wish.budget) };
  if (limits.burst === null || limits.requestsPerMinute !== null) return success(limits);
  // A burst that goes with its rate was not asked for by itself.
  if (wish.burst === undefined) return success({ ...limits, burst: null });
  return failure("burst: says how many of requestsPerMinute may come at once, so it needs that one");
}

/** The live key of an id or a name, ids first. */
function findLive(admin: AdminContext, idOrName: string): ApiKey | undefined {
  const live = admin.keyStore.list().filter((key) => key.revokedAt === null);
  return live.find(({ id }) => id === idOrName) ?? live.find(({ name }) => name === idOrName);
}

function noLiveKey(context: Context, idOrName: string): Response {
  return adminError(context, 404, "key_not_found", `no live key "${idOrName}"`, "lodestar keys list shows them");
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
  const limits = withLimits(NO_LIMITS, wish.value.limits);
  if (!limits.ok) return adminError(context, 400, "bad_body", limits.error);
  if (admin.keyStore.list().some((key) => key.name === wish.value.name && key.revokedAt === null)) {
    const fix = "choose another name, or revoke that one first";
    return adminError(context, 409, "key_exists", `a key named "${wish.value.name}" exists`, fix);
  }
  const wasKeyless = !admin.keyStore.hasAny();
  const { key, secret } = admin.mintKey({ ...wish.value, limits: limits.value });
  const view: CreatedKeyView = { ...key, secret, endedKeyless: wasKeyless };
  return context.json(view, 201);
}

/** `PATCH /v1/keys/:id`: changes what a key may use, from its next request on. */
export async function limitKey(context: Context, admin: AdminContext, idOrName: string): Promise<Response> {
  const body = await readBody(context);
  const wish = body.ok ? parseWith(limitsBody, body.value) : body;
  if (!wish.ok) return adminError(context, 400, "bad_body", wish.error);
  const key = findLive(admin, idOrName);
  if (key === undefined) return noLiveKey(context, idOrName);
  const limits = withLimits(key.limits, wish.value);
  if (!limits.ok) return adminError(context, 400, "bad_body", limits.error);
  admin.keyStore.limit(key.id, limits.value);
  const view: KeyView = { ...key, limits: limits.value };
  return context.json(view);
}

/** `DELETE /v1/keys/:id`: revokes by id or name, at once. */
export function revokeKey(context: Context, admin: AdminContext, idOrName: string): Response {
  const key = findLive(admin, idOrName);
  if (key === undefined || !admin.keyStore.revoke(key.id, admin.now())) return noLiveKey(context, idOrName);
  return context.json({ revoked: key.id, name: key.name, isKeyless: !admin.keyStore.hasAny() });
}
