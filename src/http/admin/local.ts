import type { Context } from "hono";
import * as v from "valibot";
import type { CatalogView, LocalEvent, LocalProblem } from "../../core/local-view.ts";
import type { Result } from "../../core/result.ts";
import { infillFamilyOf } from "../../dialects/completions/infill.ts";
import { CATALOGUE_DATE, LOCAL_TASKS } from "../../features/local-catalog/catalogue.ts";
import { catalogRows } from "../../features/local-catalog/rows.ts";
import type { AdminContext } from "./context.ts";
import { adminError } from "./guard.ts";
import { readBody } from "./keys.ts";
import { parseWith } from "./schema.ts";

const MIB = 1024 * 1024;

const modelName = v.pipe(
  v.string(),
  v.regex(/^[\w][\w.:/@-]{0,255}$/, "must be a model's name, as qwen2.5-coder:1.5b"),
);
const provider = v.optional(v.nullable(v.pipe(v.string(), v.maxLength(64))), null);
const model = { model: modelName, provider };
const mib = v.pipe(
  v.string(),
  v.regex(/^\d{1,7}$/, "must be MiB, as 4096"),
  v.transform((text) => Number(text) * MIB),
);

const catalogQuery = v.strictObject({
  vram: v.optional(mib),
  fits: v.optional(v.picklist(["true", "false"]), "false"),
  task: v.optional(v.picklist(LOCAL_TASKS)),
});
const shapeQuery = v.strictObject({ model: modelName, provider: v.optional(v.string()) });
const pullBody = v.strictObject({ ...model, insecure: v.optional(v.boolean(), false) });
const modelBody = v.strictObject(model);
const keepBody = v.strictObject({ ...model, how: v.picklist(["warm", "pin", "unload"]) });
const benchBody = v.strictObject({
  ...model,
  runs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(20)), 3),
});
const createBody = v.strictObject({
  ...model,
  from: modelName,
  context: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(64), v.maxValue(10_000_000))), null),
  temperature: v.optional(v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(2))), null),
  system: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(32_768))), null),
});

const STATUS: Readonly<Record<LocalProblem["code"], 404 | 409 | 503>> = {
  no_local_engine: 404,
  ollama_unreachable: 503,
  ollama_too_old: 409,
  ollama_refused: 409,
  model_not_found: 404,
  model_not_in_library: 404,
  model_not_local: 409,
  bad_gguf: 409,
  disk_full: 409,
  cancelled: 409,
};

function refuse(context: Context, { code, message, fix }: LocalProblem): Response {
  return adminError(context, STATUS[code], code, message, fix);
}

/** The body of a request as the schema reads it, or the answer that says what is wrong with it. */
async function wishOf<Schema extends v.GenericSchema>(
  context: Context,
  schema: Schema,
): Promise<Result<v.InferOutput<Schema>, Response>> {
  const body = await readBody(context);
  const wish = body.ok ? parseWith(schema, body.value) : body;
  return wish.ok ? wish : { ok: false, error: adminError(context, 400, "bad_body", wish.error) };
}

/** Events as lines of JSON, as they come. Who leaves ends what was being done. */
function streamEvents(context: Context, events: (signal: AbortSignal) => AsyncIterable<LocalEvent>): Response {
  const left = new AbortController();
  const signal = AbortSignal.any([context.req.raw.signal, left.signal]);
  const iterator = events(signal)[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done === true) return controller.close();
      controller.enqueue(encoder.encode(`${JSON.stringify(next.value)}\n`));
    },
    async cancel() {
      left.abort();
      await iterator.return?.();
    },
  });
  return context.body(body, 200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
}

/** A prompt for filling in the middle with its places named; from the one table that completions use. */
function infillOf(name: string): string | null {
  return infillFamilyOf(name)?.write("{before}", "{after}") ?? null;
}

/** `GET /v1/local`: servers, installed models, and what is loaded. */
export async function answerLocal(context: Context, admin: AdminContext): Promise<Response> {
  return context.json(await admin.localCatalog.list());
}

/** `GET /v1/local/catalog`: what could be pulled, and what of it fits. */
export async function answerCatalog(context: Context, admin: AdminContext): Promise<Response> {
  const query = parseWith(catalogQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  const { vram = null, fits, task = null } = query.value;
  const { models } = await admin.localCatalog.list();
  const names = new Set(models.map(({ name }) => name));
  const filter = { vramBytes: vram, isFitting: fits === "true" && vram !== null, task };
  const view: CatalogView = {
    date: CATALOGUE_DATE,
    vramBytes: vram,
    models: catalogRows(filter, { isInstalled: (name) => names.has(name), infillOf }),
  };
  return context.json(view);
}

/** `GET /v1/local/shape?model=`: what a memory plan needs of a model. */
export async function answerShape(context: Context, admin: AdminContext): Promise<Response> {
  const query = parseWith(shapeQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  const shape = await admin.localCatalog.shape({ model: query.value.model, provider: query.value.provider ?? null });
  return shape.ok ? context.json(shape.value) : refuse(context, shape.error);
}

/** `POST /v1/local/pull`: downloads a model; progress as lines of JSON. */
export async function pullLocal(context: Context, admin: AdminContext): Promise<Response> {
  const wish = await wishOf(context, pullBody);
  if (!wish.ok) return wish.error;
  const { insecure, ...rest } = wish.value;
  return streamEvents(context, (signal) => admin.localCatalog.pull({ ...rest, isInsecure: insecure }, signal));
}

/** `POST /v1/local/create`: makes a model from another with settings of its own. */
export async function createLocal(context: Context, admin: AdminContext): Promise<Response> {
  const wish = await wishOf(context, createBody);
  if (!wish.ok) return wish.error;
  const { context: contextTokens, ...rest } = wish.value;
  return streamEvents(context, (signal) => admin.localCatalog.create({ ...rest, contextTokens }, signal));
}

/** `POST /v1/local/bench`: measures a model on its server. */
export async function benchLocal(context: Context, admin: AdminContext): Promise<Response> {
  const wish = await wishOf(context, benchBody);
  if (!wish.ok) return wish.error;
  return streamEvents(context, (signal) => admin.localCatalog.bench(wish.value, signal));
}

/** `POST /v1/local/remove`: deletes a model from its server's disk. */
export async function removeLocal(context: Context, admin: AdminContext): Promise<Response> {
  const wish = await wishOf(context, modelBody);
  if (!wish.ok) return wish.error;
  const removed = await admin.localCatalog.remove(wish.value, context.req.raw.signal);
  return removed.ok ? context.json({ removed: wish.value.model }) : refuse(context, removed.error);
}

/** `POST /v1/local/keep`: loads a model as requests would, keeps it for good, or takes it out of memory. */
export async function keepLocal(context: Context, admin: AdminContext): Promise<Response> {
  const wish = await wishOf(context, keepBody);
  if (!wish.ok) return wish.error;
  const { how, ...rest } = wish.value;
  const kept = await admin.localCatalog.keep(rest, how, context.req.raw.signal);
  return kept.ok
    ? context.json({ model: rest.model, how, loaded: kept.value?.loaded ?? null })
    : refuse(context, kept.error);
}
