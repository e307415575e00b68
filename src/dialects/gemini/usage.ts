import { isJsonObject, type JsonObject, type JsonValue, objectsIn } from "../../core/json.ts";
import { type CostStamp, stampFields } from "../../core/stamp.ts";
import { serviceTierOf, totalInput, totalOutput, type Usage } from "../../core/usage.ts";

function count(object: JsonObject, name: string): number {
  const value = object[name];
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}

/** Tokens of some modalities in a list of `{modality, tokenCount}`. */
function ofModality(raw: JsonObject, list: string, ...modalities: readonly string[]): number {
  return objectsIn(raw, list)
    .filter(({ modality }) => typeof modality === "string" && modalities.includes(modality))
    .reduce((sum, entry) => sum + count(entry, "tokenCount"), 0);
}

function present<Name extends string>(counts: Readonly<Record<Name, number>>): Partial<Record<Name, number>> {
  const entries = Object.entries(counts).filter(([, value]) => value !== 0);
  // The same names, those that are 0 left out.
  return Object.fromEntries(entries) as Partial<Record<Name, number>>;
}

/** Whether a `usageMetadata` counts anything: on Vertex, all chunks but the last name a traffic type alone. */
function hasCounts(raw: JsonValue | undefined): raw is JsonObject {
  return isJsonObject(raw) && (typeof raw.promptTokenCount === "number" || typeof raw.totalTokenCount === "number");
}

/** Vertex says `ON_DEMAND`, `ON_DEMAND_FLEX`, `ON_DEMAND_PRIORITY` or `PROVISIONED_THROUGHPUT`; the Gemini API `serviceTier`. */
function tierOf({ serviceTier, trafficType }: JsonObject): Pick<Usage, "serviceTier"> {
  if (serviceTier !== undefined) return serviceTierOf(serviceTier);
  return typeof trafficType === "string" ? serviceTierOf(trafficType.replace("ON_DEMAND_", "")) : {};
}

/**
 * Reads a `usageMetadata`: `promptTokenCount` includes what was cached and excludes what tools brought in
 * (`toolUsePromptTokenCount`), `candidatesTokenCount` excludes thoughts. Pages of documents are counted, and priced, as images.
 * Source: ai.google.dev/api/generate-content#UsageMetadata. Undefined when it carries no token counts.
 */
export function readUsage(raw: JsonValue | undefined): Usage | undefined {
  if (!hasCounts(raw)) return undefined;
  const tool = count(raw, "toolUsePromptTokenCount");
  const input = count(raw, "promptTokenCount") + tool;
  const cacheRead = Math.min(count(raw, "cachedContentTokenCount"), input);
  const prompt = "promptTokensDetails";
  return {
    input: {
      uncached: input - cacheRead,
      cacheRead,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      ...present({
        audio: ofModality(raw, prompt, "AUDIO"),
        cacheReadAudio: ofModality(raw, "cacheTokensDetails", "AUDIO"),
        image: ofModality(raw, prompt, "IMAGE", "DOCUMENT"),
        video: ofModality(raw, prompt, "VIDEO"),
        tool,
      }),
    },
    output: {
      text: count(raw, "candidatesTokenCount"),
      reasoning: count(raw, "thoughtsTokenCount"),
      ...present({
        audio: ofModality(raw, "candidatesTokensDetails", "AUDIO"),
        image: ofModality(raw, "candidatesTokensDetails", "IMAGE"),
      }),
    },
    ...tierOf(raw),
    raw,
  };
}

/** The usage so far and a newer one: the last that counts wins, and one that counts nothing never hides one that does. */
export function newerUsage(before: JsonObject | undefined, newer: JsonValue | undefined): JsonObject | undefined {
  if (!isJsonObject(newer)) return before;
  return hasCounts(newer) || !hasCounts(before) ? newer : before;
}

/** The usage as this dialect writes it: the provider's own object where it is of this dialect, else built from the counts. */
export function writeUsage(usage: Usage): JsonObject {
  if (hasCounts(usage.raw)) return usage.raw;
  const { cacheRead, tool = 0, audio = 0 } = usage.input;
  const { text, reasoning } = usage.output;
  const modalities = audio === 0 ? {} : { promptTokensDetails: [{ modality: "AUDIO", tokenCount: audio }] };
  return {
    promptTokenCount: totalInput(usage) - tool,
    candidatesTokenCount: text,
    totalTokenCount: totalInput(usage) + totalOutput(usage),
    ...(cacheRead === 0 ? {} : { cachedContentTokenCount: cacheRead }),
    ...(reasoning === 0 ? {} : { thoughtsTokenCount: reasoning }),
    ...(tool === 0 ? {} : { toolUsePromptTokenCount: tool }),
    ...modalities,
  };
}

/** The usage of an answer with its cost beside the counts; zero counts where the provider sent none. */
export function stampUsage(usage: Usage | undefined, cost: CostStamp | undefined): JsonObject {
  const counts =
    usage === undefined ? { promptTokenCount: 0, candidatesTokenCount: 0, totalTokenCount: 0 } : writeUsage(usage);
  return cost === undefined ? counts : { ...counts, ...stampFields(cost) };
}
