import { type ClientError, refusal } from "../../core/fault.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";
import type { Warning } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";

/** A request of OpenAI's image API as Stable Diffusion draws it. */
export interface Drawing {
  /** The body of one `txt2img` call, which makes one image, but for its seed. */
  readonly body: JsonObject;
  readonly count: number;
  /** The first image's; the next ones count up from it. Null: the server takes one by chance. */
  readonly seed: number | null;
  readonly steps: number | null;
  readonly format: "b64_json" | "url";
  readonly warnings: readonly Warning[];
}

/** What a server draws without being told otherwise (`default`), or the checkpoint's name. */
export const DEFAULT_CHECKPOINT = "default";

/** Steps for the words that OpenAI's models take; `auto` leaves them to the server. */
const QUALITY_STEPS: Readonly<Record<string, number>> = { low: 12, standard: 20, medium: 20, high: 35, hd: 35 };
/** Widths and heights are multiples of this in the latent space of every version. */
const GRAIN = 8;
const LEAST_PIXELS = 64;
const MOST_PIXELS = 2_048;
const MOST_IMAGES = 10;
const MOST_STEPS = 150;

/** Fields of AUTOMATIC1111's API that pass as they are. */
const OWN_FIELDS = ["negative_prompt", "cfg_scale", "sampler_name", "scheduler", "clip_skip"];
/** Fields that are read here, or say how the reply is to be packed. */
const READ_FIELDS = ["model", "prompt", "n", "size", "seed", "steps", "quality", "response_format", "stream"];

function invalid(param: string, message: string): ClientError {
  return refusal("invalid_parameter", message, { param });
}

/** A whole number within bounds; null where the field is absent or null. */
function wholeIn(json: JsonObject, field: string, least: number, most: number): Result<number | null, ClientError> {
  const value = json[field] ?? null;
  if (value === null) return success(null);
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return success(value);
  return failure(invalid(field, `${field} must be a whole number from ${least} to ${most}.`));
}

function grained(pixels: number): number {
  return Math.min(MOST_PIXELS, Math.max(LEAST_PIXELS, Math.round(pixels / GRAIN) * GRAIN));
}

interface Size {
  readonly fields: JsonObject;
  readonly warnings: readonly Warning[];
}

/** Absent and `auto` leave the size to the server. */
function sizeOf(value: JsonValue | undefined): Result<Size, ClientError> {
  if (value === undefined || value === null || value === "auto") return success({ fields: {}, warnings: [] });
  const [, width, height] = (typeof value === "string" && /^(\d{1,5})x(\d{1,5})$/.exec(value)) || [];
  if (width === undefined || height === undefined) {
    return failure(invalid("size", "size must be WIDTHxHEIGHT in pixels, such as 512x512, or auto."));
  }
  const fields = { width: grained(Number(width)), height: grained(Number(height)) };
  const drawn = `${fields.width}x${fields.height}`;
  const warning: Warning = { field: "size", action: "changed", reason: `drawn at ${drawn}` };
  return success({ fields, warnings: drawn === value ? [] : [warning] });
}

/** Explicit steps win over a quality, whose steps are told. */
function stepsOf(
  json: JsonObject,
): Result<{ readonly steps: number | null; readonly warnings: readonly Warning[] }, ClientError> {
  const explicit = wholeIn(json, "steps", 1, MOST_STEPS);
  if (!explicit.ok) return explicit;
  const { quality } = json;
  if (quality === undefined || quality === null || quality === "auto") {
    return success({ steps: explicit.value, warnings: [] });
  }
  const steps = typeof quality === "string" && Object.hasOwn(QUALITY_STEPS, quality) ? QUALITY_STEPS[quality] : null;
  if (steps === null || steps === undefined) {
    return failure(invalid("quality", `quality must be auto or one of ${Object.keys(QUALITY_STEPS).join(", ")}.`));
  }
  const told = explicit.value ?? steps;
  return success({ steps: told, warnings: [{ field: "quality", action: "changed", reason: `${told} steps` }] });
}

function formatOf({ response_format: format }: JsonObject): Result<Drawing["format"], ClientError> {
  if (format === undefined || format === null || format === "b64_json") return success("b64_json");
  if (format === "url") return success("url");
  return failure(invalid("response_format", "response_format must be b64_json or url."));
}

function dropped(json: JsonObject): readonly Warning[] {
  const isKnown = (field: string): boolean => READ_FIELDS.includes(field) || OWN_FIELDS.includes(field);
  const isSaid = (field: string): boolean => !isKnown(field) && !(field === "output_format" && json[field] === "png");
  return Object.keys(json)
    .filter(isSaid)
    .map((field) => ({ field, action: "dropped", reason: "not in Stable Diffusion" }));
}

const INLINE: Warning = { field: "response_format", action: "changed", reason: "a data: URL, nothing is kept" };

function promptOf({ prompt }: JsonObject): Result<string, ClientError> {
  if (typeof prompt === "string" && prompt.trim() !== "") return success(prompt);
  return failure(invalid("prompt", "prompt must say what to draw."));
}

/**
 * Writes a request of `POST /v1/images/generations` as calls of `POST /sdapi/v1/txt2img`: one image each, so that a card of
 * 4 GB never holds a batch, and a drawing can be broken off between two. Sources: OpenAI's reference, images/create;
 * AUTOMATIC1111's modules/api/models.py; api.md of stable-diffusion.cpp's server. `model` is the checkpoint.
 */
export function encodeDrawing(json: JsonObject, model: string): Result<Drawing, ClientError> {
  const prompt = promptOf(json);
  if (!prompt.ok) return prompt;
  const count = wholeIn(json, "n", 1, MOST_IMAGES);
  if (!count.ok) return count;
  const seed = wholeIn(json, "seed", 0, 0xff_ff_ff_ff);
  if (!seed.ok) return seed;
  const size = sizeOf(json.size);
  if (!size.ok) return size;
  const chosen = stepsOf(json);
  if (!chosen.ok) return chosen;
  const format = formatOf(json);
  if (!format.ok) return format;
  const own = OWN_FIELDS.flatMap((field) => (json[field] === undefined ? [] : [[field, json[field]] as const]));
  const { steps, warnings } = chosen.value;
  return success({
    body: {
      prompt: prompt.value,
      batch_size: 1,
      n_iter: 1,
      ...Object.fromEntries(own),
      ...size.value.fields,
      ...(steps === null ? {} : { steps }),
      ...(model === DEFAULT_CHECKPOINT ? {} : { override_settings: { sd_model_checkpoint: model } }),
    },
    count: count.value ?? 1,
    seed: seed.value,
    steps,
    format: format.value,
    warnings: [...size.value.warnings, ...warnings, ...dropped(json), ...(format.value === "url" ? [INLINE] : [])],
  });
}
