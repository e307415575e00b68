import type { ModelView } from "../core/admin-view.ts";
import { failure, type Result, success } from "../core/result.ts";
import { type CliProblem, usageProblem } from "../terminal/problem.ts";

/** Which models to show, and in what order. */
export interface ModelWish {
  readonly search: readonly string[];
  readonly provider?: string | undefined;
  readonly maxPrice?: string | undefined;
  readonly minContext?: string | undefined;
  readonly tools?: boolean | undefined;
  readonly images?: boolean | undefined;
  readonly reasoning?: boolean | undefined;
  readonly draws?: boolean | undefined;
  readonly free?: boolean | undefined;
  readonly sort?: "name" | "price" | "context" | undefined;
}

const SIZES: Readonly<Record<string, number>> = { "": 1, k: 1_000, m: 1_000_000 };

function readTokens(text: string): number | null {
  const [, number, unit = ""] = /^(\d{1,12}(?:\.\d{1,3})?)([km]?)$/i.exec(text) ?? [];
  return number === undefined ? null : Number(number) * (SIZES[unit.toLowerCase()] ?? 1);
}

function readUsd(text: string): number | null {
  return /^\$?\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Number(text.replace("$", "")) : null;
}

/** What a model can do, in words. */
export function abilitiesOf(model: ModelView): readonly string[] {
  const known: readonly (readonly [string, boolean | null])[] = [
    ["tools", model.canUseTools],
    ["images", model.canReadImages],
    ["reasoning", model.canReason],
    ["draws", model.canDraw ?? null],
  ];
  return known.flatMap(([word, can]) => (can === true ? [word] : []));
}

/** USD for a million tokens in and a million out; null when either is unknown. */
function priceOf({ inputUsd, outputUsd, isLocal }: ModelView): number | null {
  if (isLocal) return 0;
  return inputUsd === null || outputUsd === null ? null : inputUsd + outputUsd;
}

function hasWords(model: ModelView, words: readonly string[]): boolean {
  const text = [model.id, ...model.aliases, ...abilitiesOf(model)].join(" ").toLowerCase();
  return words.every((word) => text.includes(word.toLowerCase()));
}

/** What is unknown sorts last. */
function compare(left: number | null, right: number | null): number {
  return (left ?? Number.POSITIVE_INFINITY) - (right ?? Number.POSITIVE_INFINITY) || 0;
}

function sorted<Model extends ModelView>(models: readonly Model[], by: ModelWish["sort"]): readonly Model[] {
  if (by === undefined) return models;
  const byName = models.toSorted((left, right) => (left.id < right.id ? -1 : 1));
  if (by === "price") return byName.toSorted((left, right) => compare(priceOf(left), priceOf(right)));
  if (by === "name") return byName;
  const size = (model: Model): number | null => (model.contextTokens === null ? null : -model.contextTokens);
  return byName.toSorted((left, right) => compare(size(left), size(right)));
}

/** The models that a person asked for; a limit that is no number is a problem with the command line. */
export function chooseModels<Model extends ModelView>(
  models: readonly Model[],
  wish: ModelWish,
): Result<readonly Model[], CliProblem> {
  const maxPrice = wish.maxPrice === undefined ? null : readUsd(wish.maxPrice);
  if (wish.maxPrice !== undefined && maxPrice === null) {
    const message = `--max-price ${wish.maxPrice} is no number of dollars`;
    return failure(usageProblem("invalid_value", message, "give USD per million output tokens, such as 2.50"));
  }
  const minContext = wish.minContext === undefined ? null : readTokens(wish.minContext);
  if (wish.minContext !== undefined && minContext === null) {
    const message = `--min-context ${wish.minContext} is no number of tokens`;
    return failure(usageProblem("invalid_value", message, "give tokens, such as 128000, 200k or 1m"));
  }
  const isWanted = (model: Model): boolean =>
    (wish.provider === undefined || model.provider === wish.provider) &&
    (maxPrice === null || (model.isLocal ? 0 : (model.outputUsd ?? Number.POSITIVE_INFINITY)) <= maxPrice) &&
    (minContext === null || (model.contextTokens ?? 0) >= minContext) &&
    (wish.tools !== true || model.canUseTools === true) &&
    (wish.images !== true || model.canReadImages === true) &&
    (wish.reasoning !== true || model.canReason === true) &&
    (wish.draws !== true || model.canDraw === true) &&
    (wish.free !== true || priceOf(model) === 0) &&
    hasWords(model, wish.search);
  return success(sorted(models.filter(isWanted), wish.sort));
}
