import { isCloudModel } from "./cloud-model.ts";
import type { Candidate, Directory } from "./directory.ts";
import { matchesPattern } from "./expand.ts";
import { type ClientError, refusal } from "./fault.ts";
import { failure, type Result, success } from "./result.ts";
import { targetName } from "./target.ts";

/** Which models a request may use. */
export interface Borders {
  /** The name that was asked for. */
  readonly requested: string;
  /** Models the calling key may use, as patterns with `*`; empty means all. */
  readonly allowedModels: readonly string[];
  /** Of the calling project, where something is said of it. */
  readonly project?: {
    /** A target must match a pattern of each of these lists. */
    readonly models: readonly (readonly string[])[];
    /** Where names have the user's own meaning. */
    readonly userDirectory: Directory;
  };
}

/** `ollama/*` means what stays on this machine: a model of Ollama's cloud needs a pattern that says so, or one for everything. */
function isMeant(pattern: string, { model }: Candidate): boolean {
  return !isCloudModel(model) || pattern === "*" || /cloud$/i.test(pattern);
}

/**
 * A pattern with a slash names a provider: it is never held against a model's own name, which a client may choose freely
 * (`openrouter/ollama/x` is no model of Ollama). `asked` is the name that led here; null where it does not count.
 */
function isIn(patterns: readonly string[], candidate: Candidate, asked: string | null): boolean {
  if (patterns.length === 0) return true;
  const names = asked === null ? [targetName(candidate)] : [targetName(candidate), asked];
  return patterns
    .filter((pattern) => isMeant(pattern, candidate))
    .some((pattern) =>
      (pattern.includes("/") ? names : [...names, candidate.model]).some((name) => matchesPattern(name, pattern)),
    );
}

function notAllowed(who: "key" | "project", requested: string, lists: readonly (readonly string[])[]): ClientError {
  const known = lists.map((patterns) => patterns.join(", ")).join("; of these only ");
  const message = `This ${who} may not use "${requested}". It may use: ${known}.`;
  return refusal("model_not_allowed", message, { status: 403, type: "permission_error", param: "model" });
}

/**
 * Those candidates that the key's list and the project's let through; at least one. A key's list may hold a name: it then means
 * `meant`, what the user's own configuration leads that name to, so that no project's alias widens what a key may use.
 */
export function withinBorders(
  candidates: readonly Candidate[],
  meant: readonly Candidate[],
  { requested, allowedModels, project }: Borders,
): Result<readonly Candidate[], ClientError> {
  if (allowedModels.length === 0 && project === undefined) return success(candidates);
  const named = new Set(meant.map(targetName));
  const ofKey = candidates.filter((candidate) =>
    isIn(allowedModels, candidate, named.has(targetName(candidate)) ? requested : null),
  );
  if (ofKey.length === 0) return failure(notAllowed("key", requested, [allowedModels]));
  const lists = project?.models ?? [];
  const allowed = ofKey.filter((candidate) => lists.every((patterns) => isIn(patterns, candidate, requested)));
  return allowed.length > 0 ? success(allowed) : failure(notAllowed("project", requested, lists));
}
