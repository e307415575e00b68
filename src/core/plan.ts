import { type Borders, withinBorders } from "./borders.ts";
import { isCloudModel } from "./cloud-model.ts";
import type { Directory, Expansion } from "./directory.ts";
import { BUILT_IN_ALIASES, CHOICE_NAMES, expandName, meansAuto } from "./expand.ts";
import { type ClientError, clientErrorOf, FAULT_RULES, type Fault, refusal } from "./fault.ts";
import { failure, type Result, success } from "./result.ts";
import { didYouMean } from "./suggest.ts";
import type { Target } from "./target.ts";

/** All that a plan follows from. */
export interface PlanInput extends Borders {
  readonly directory: Directory;
  /** Class of the task, if it is known: `auto` follows the chain of that name where there is one. */
  readonly task?: string | null;
  /** Until when (Unix ms) an account is not to be asked for a model, or null. */
  readonly coolingUntil: (provider: string, account: string, model: string) => number | null;
  /** The fault that paused an account, where one did: a breaker that is open is no pause. */
  readonly pausedBy?: (provider: string, account: string) => Fault | null;
}

export interface PlannedTarget {
  readonly target: Target;
  readonly isLocal: boolean;
  /**
   * Of the provider that the name leads to first, cooling down or not: the one whose signed thinking a conversation under
   * this name carries, as far as one can tell.
   */
  readonly isHome: boolean;
  /** Why it is here: `explicit`, `alias:coder`, `chain:default`, `free`, `cheap`, `best`, `bare-name`; joined by `>`. */
  readonly reason: string;
}

export interface Plan {
  readonly requested: string;
  /** At least one, in order. */
  readonly targets: readonly PlannedTarget[];
  /** Left out because their account cools down. */
  readonly skipped: readonly { readonly target: Target; readonly untilMs: number }[];
}

/** Longer than any model's name; what a client names ends up in headers, messages and the ledger. */
const MAX_NAME_LENGTH = 256;

function nameTooLong(requested: string): ClientError {
  const message = `The model's name is ${requested.length} characters long; no name is longer than ${MAX_NAME_LENGTH}. It begins with "${requested.slice(0, 40)}".`;
  return refusal("model_name_too_long", message, { param: "model" });
}

function unknownModel(input: PlanInput): ClientError {
  const owners = input.directory.sources.filter((source) => source.models.includes(input.requested));
  if (owners.length > 1) {
    const choices = owners.map((source) => `"${source.id}/${input.requested}"`).join(" or ");
    return refusal("model_ambiguous", `Several providers have "${input.requested}". Say which: ${choices}.`, {
      param: "model",
    });
  }
  const names = [
    ...CHOICE_NAMES,
    ...Object.keys(input.directory.aliases),
    ...Object.keys(input.directory.chains),
    ...Object.keys(BUILT_IN_ALIASES),
    ...input.directory.sources.flatMap((source) => source.models.flatMap((model) => [model, `${source.id}/${model}`])),
  ];
  const hint = didYouMean(input.requested, new Set(names)) || " `lodestar models` lists what can be used.";
  return refusal("model_not_found", `No configured provider has a model named "${input.requested}".${hint}`, {
    status: 404,
    type: "not_found_error",
    param: "model",
  });
}

function coolingError(requested: string, untilMs: number, nowMs: number): ClientError {
  const waitMs = Math.max(0, untilMs - nowMs);
  return {
    status: 503,
    type: "overloaded_error",
    code: "cooling_down",
    message: `Every target of "${requested}" is cooling down after faults; the next one is free in ${Math.ceil(waitMs / 1000)} s. \`lodestar status\` shows why.`,
    retryAfterMs: waitMs,
    shouldRetry: true,
  };
}

/**
 * Why no target can be asked. Where waiting helps none of them (nothing left, a wrong key), the first one's fault is said
 * again: told that they are busy, a client would ask and ask. Where all of them asked for a pause, it is their 429.
 */
function pausedError(input: PlanInput, skipped: Plan["skipped"], nowMs: number): ClientError {
  const causes = skipped.map(({ target }) => input.pausedBy?.(target.provider, target.account) ?? null);
  const [first] = causes;
  const isForGood = causes.every((cause) => cause !== null && !FAULT_RULES[cause.kind].isTransient);
  if (first && isForGood) return clientErrorOf(first);
  const cooling = coolingError(input.requested, Math.min(...skipped.map(({ untilMs }) => untilMs)), nowMs);
  const isRateLimit = causes.every((cause) => cause?.kind === "rate-limited");
  return isRateLimit ? { ...cooling, status: 429, type: "rate_limit_error", code: "rate_limited" } : cooling;
}

function expandRequested({ requested, task }: PlanInput, directory: Directory): Expansion {
  const hasChain = typeof task === "string" && Object.hasOwn(directory.chains, task);
  return hasChain && meansAuto(requested, directory)
    ? expandName(task, directory, "auto")
    : expandName(requested, directory);
}

/**
 * Turns the name a client asked for into the targets to try, in order. Looked up as a chain, then `provider/model`, user
 * alias, unique bare name, built-in name. An unknown model under a configured provider is passed on as it is; an unknown
 * bare name is refused with suggestions. Each account of a provider is a target of its own.
 */
export function makePlan(input: PlanInput, nowMs: number): Result<Plan, ClientError> {
  if (input.requested.length > MAX_NAME_LENGTH) return failure(nameTooLong(input.requested));
  const expansion = expandRequested(input, input.directory);
  if (expansion.candidates.length === 0) return failure(expansion.problem ?? unknownModel(input));
  const { project, allowedModels } = input;
  const isMeantApart = project !== undefined && allowedModels.length > 0;
  const meant = isMeantApart ? expandRequested(input, project.userDirectory) : expansion;
  const within = withinBorders(expansion.candidates, meant.candidates, input);
  if (!within.ok) return within;
  const allowed = within.value;
  const targets: PlannedTarget[] = [];
  const skipped: { target: Target; untilMs: number }[] = [];
  for (const { provider, model, reason } of allowed) {
    const source = input.directory.sources.find((known) => known.id === provider);
    for (const account of source?.accounts ?? []) {
      const target = { provider, account: account.id, model };
      const untilMs = input.coolingUntil(provider, account.id, model);
      if (untilMs !== null && untilMs > nowMs) skipped.push({ target, untilMs });
      else
        targets.push({
          target,
          isLocal: source?.isLocal === true && !isCloudModel(model),
          isHome: provider === allowed[0]?.provider,
          reason,
        });
    }
  }
  if (targets.length > 0) return success({ requested: input.requested, targets, skipped });
  return failure(pausedError(input, skipped, nowMs));
}
