import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { totalInput, totalOutput, type Usage } from "../../core/usage.ts";

/** Members of a reply's last line that tell counts (tokens) and durations (nanoseconds): what `usage.raw` keeps of it. */
const FIGURES = [
  "total_duration",
  "load_duration",
  "prompt_eval_count",
  "prompt_eval_duration",
  "eval_count",
  "eval_duration",
] as const;

const NO_DURATIONS: JsonObject = { total_duration: 0, load_duration: 0, prompt_eval_duration: 0, eval_duration: 0 };

function countOf(value: JsonValue | undefined): number {
  return typeof value === "number" && value >= 0 ? value : 0;
}

/** Whether a top-level member of a reply belongs to its usage. */
export function isFigure(name: string): boolean {
  return FIGURES.some((figure) => figure === name);
}

function figuresOf(line: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(line).filter(([name]) => isFigure(name)));
}

/**
 * The counts of a last line. Ollama omits a count of 0, and sends none when a call only loaded or unloaded the model:
 * that is a usage of nothing. Otherwise, with neither count, the usage is unknown (`undefined`).
 */
export function decodeUsage(line: JsonObject): Usage | undefined {
  const isCounted = typeof line.prompt_eval_count === "number" || typeof line.eval_count === "number";
  const hasRun = line.done_reason !== "load" && line.done_reason !== "unload";
  if (!isCounted && hasRun) return undefined;
  return {
    input: { uncached: countOf(line.prompt_eval_count), cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
    output: { text: countOf(line.eval_count), reasoning: 0 },
    raw: figuresOf(line),
  };
}

/** Counts alone, under Ollama's names. */
export function encodeCounts(usage: Usage): JsonObject {
  return { prompt_eval_count: totalInput(usage), eval_count: totalOutput(usage) };
}

/** The figures of a last line: Ollama's own where the usage came from one, else counts with durations of 0 (nobody measured them). */
export function encodeUsage(usage: Usage | undefined): JsonObject {
  if (usage === undefined) return { ...NO_DURATIONS };
  if (isJsonObject(usage.raw) && Object.keys(usage.raw).every(isFigure)) return { ...usage.raw };
  return { ...NO_DURATIONS, ...encodeCounts(usage) };
}
