import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { ChatRequest, Warning } from "../../core/request.ts";
import type { EncodeTarget } from "../dialect.ts";
import { dropped, ownFields } from "./extra.ts";
import type { FieldReader } from "./field.ts";

/** The members of `options` that the model has a name for. */
type Sampling = Pick<
  ChatRequest,
  "temperature" | "topP" | "topK" | "seed" | "presencePenalty" | "frequencyPenalty" | "stop" | "maxOutputTokens"
>;

/** Sampling options that are plain numbers on both sides. */
const NUMBERS = [
  ["temperature", "temperature"],
  ["top_p", "topP"],
  ["top_k", "topK"],
  ["seed", "seed"],
  ["presence_penalty", "presencePenalty"],
  ["frequency_penalty", "frequencyPenalty"],
] as const;

/** Options of the runner process: one that differs from the loaded model's makes Ollama reload it. */
const RUNNER_OPTIONS: ReadonlySet<string> = new Set([
  "num_ctx",
  "num_batch",
  "num_gpu",
  "main_gpu",
  "num_thread",
  "numa",
  "use_mmap",
  "use_mlock",
  "low_vram",
  "f16_kv",
  "vocab_only",
  "logits_all",
  "embedding_only",
]);

function readStop(options: JsonObject, fields: FieldReader): readonly string[] | undefined {
  if (typeof options.stop === "string") return [options.stop];
  const list = fields.list(options, "stop", "options.");
  if (list?.every((entry) => typeof entry === "string")) return list;
  if (list !== undefined) fields.note("options.stop", "`options.stop` must be a list of strings");
  return undefined;
}

/** Splits `options` into what every dialect knows and what only Ollama does. A `num_predict` below 1 (no limit) is Ollama's own. */
export function decodeOptions(options: JsonObject, fields: FieldReader): { sampling: Sampling; rest: JsonObject } {
  const rest: JsonObject = { ...options };
  const numbers: { -readonly [Name in keyof Sampling]?: number } = {};
  for (const [wire, name] of NUMBERS) {
    const value = fields.number(options, wire, "options.");
    if (value !== undefined) numbers[name] = value;
    delete rest[wire];
  }
  const limit = fields.number(options, "num_predict", "options.");
  const isLimited = limit !== undefined && limit >= 1;
  if (isLimited) delete rest.num_predict;
  const stop = readStop(options, fields);
  delete rest.stop;
  const sampling = {
    ...(numbers as Omit<Sampling, "stop" | "maxOutputTokens">),
    ...(stop === undefined ? {} : { stop }),
    ...(isLimited ? { maxOutputTokens: limit } : {}),
  };
  return { sampling, rest };
}

function samplingOptions(request: Sampling): JsonObject {
  const options: JsonObject = {};
  for (const [wire, name] of NUMBERS) {
    const value = request[name];
    if (value !== undefined) options[wire] = value;
  }
  if (request.stop !== undefined) options.stop = [...request.stop];
  if (request.maxOutputTokens !== undefined) options.num_predict = request.maxOutputTokens;
  return options;
}

function isSame(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** The client's options beside ours: ours win, and a runner option we do not set is left out, so that no request can reload a model. */
function pinned(asked: JsonObject, ours: JsonObject): { options: JsonObject; warnings: readonly Warning[] } {
  const options: JsonObject = {};
  const warnings: Warning[] = [];
  for (const [name, value] of Object.entries(asked)) {
    if (name in ours) {
      if (isSame(value, ours[name])) continue;
      warnings.push({ field: `options.${name}`, action: "changed", reason: `pinned to ${JSON.stringify(ours[name])}` });
    } else if (RUNNER_OPTIONS.has(name)) {
      warnings.push(dropped(`options.${name}`, "would reload the local model"));
    } else options[name] = value;
  }
  return { options: { ...options, ...ours }, warnings };
}

/** The `options` member of a request to `target`, absent when empty. */
export function encodeOptions(
  request: Sampling & Pick<ChatRequest, "extra">,
  target: EncodeTarget,
): { fields: JsonObject; warnings: readonly Warning[] } {
  const kept = ownFields(request.extra).options;
  const asked = { ...(isJsonObject(kept) ? kept : {}), ...samplingOptions(request) };
  const { options, warnings } =
    target.localOptions === undefined ? { options: asked, warnings: [] } : pinned(asked, target.localOptions);
  return { fields: Object.keys(options).length === 0 ? {} : { options }, warnings };
}

/** The `keep_alive` member: ours wins, since it decides which model Ollama evicts. */
export function encodeKeepAlive(
  asked: JsonValue | undefined,
  target: EncodeTarget,
): { fields: JsonObject; warnings: readonly Warning[] } {
  const ours = target.keepAlive;
  if (ours === undefined) return { fields: asked === undefined ? {} : { keep_alive: asked }, warnings: [] };
  const isChanged = asked !== undefined && !isSame(asked, ours);
  const warning: Warning = { field: "keep_alive", action: "changed", reason: `pinned to ${JSON.stringify(ours)}` };
  return { fields: { keep_alive: ours }, warnings: isChanged ? [warning] : [] };
}
