import * as v from "valibot";
import { type CascadeSettings, DEFAULT_CHECKS } from "../core/routing/verify/cascade-settings.ts";
import { CHECK_NAMES } from "../core/routing/verify/verdict.ts";
import { duration, flag, section, text, texts, whole } from "./schema-values.ts";

const CAP_HINT = "must be an amount in USD, such as 0.05";
const CHECKS_HINT = `must be a list of ${CHECK_NAMES.join(", ")}`;

const choice = <const Names extends readonly string[]>(names: Names, about: string) => {
  const hint = `must be ${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
  return v.optional(v.pipe(v.picklist(names, hint), v.description(about)));
};

/** The `routing.cascade` section: answers that are checked before the client gets them. */
export const CascadeSchema = section(
  {
    mode: choice(["on", "shadow", "off"], "`shadow` checks and says so in a header, and asks nobody else."),
    names: texts("must be a name that clients ask for", "Whose answers are checked (default [auto])."),
    first: choice(["local", "any"], "`local` (the default) checks only where the first target is a local model."),
    checks: v.optional(
      v.pipe(
        v.array(v.picklist(CHECK_NAMES, CHECKS_HINT), CHECKS_HINT),
        v.description("What is checked; left out, all but lazy, refusal and language."),
      ),
    ),
    judge: v.optional(
      v.pipe(
        text("must be provider/model or an alias"),
        v.description("A cheap model that is asked about answers that passed every check; its calls are booked."),
      ),
    ),
    maxEscalations: v.optional(
      v.pipe(whole(1, 8), v.description("How often another model is asked after a rejected answer (default 2).")),
    ),
    maxTime: duration("After it nothing more is asked, and the best answer is given (default 2m).", 1_000),
    capUsd: v.optional(
      v.pipe(
        v.number(CAP_HINT),
        v.minValue(0, CAP_HINT),
        v.description("What one request may cost in all once an answer was rejected; left out, budgets alone rule."),
      ),
    ),
    streams: choice(
      ["structured", "hold", "pass"],
      "Which streams wait for the check: those that are JSON by request (default), all, or none.",
    ),
    evidence: flag("Tell the next model what was wrong (default true)."),
  },
  "Answers that are checked before the client gets them.",
);

/** Fills in the defaults of the `routing.cascade` section. */
export function finishCascade(cascade: v.InferOutput<typeof CascadeSchema>): CascadeSettings {
  return {
    mode: cascade?.mode ?? "on",
    names: cascade?.names ?? ["auto"],
    first: cascade?.first ?? "local",
    checks: cascade?.checks ?? DEFAULT_CHECKS,
    judge: cascade?.judge ?? null,
    maxEscalations: cascade?.maxEscalations ?? 2,
    maxMs: cascade?.maxTime ?? 120_000,
    capUsd: cascade?.capUsd ?? null,
    streams: cascade?.streams ?? "structured",
    tellsEvidence: cascade?.evidence ?? true,
  };
}
