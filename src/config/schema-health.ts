import * as v from "valibot";
import { LIMIT_HINT, limitOf } from "../core/budget/text.ts";
import { duration, flag, section } from "./schema-values.ts";

const MODEL_HINT = "must be provider/model, such as openai/gpt-5-nano";

const PaidProbesSchema = section(
  {
    models: v.optional(
      v.pipe(
        v.array(v.pipe(v.string(MODEL_HINT), v.regex(/^[^/\s]+\/\S+$/, MODEL_HINT)), "must be a list of models"),
        v.maxLength(100, "must hold at most 100 models"),
        v.description("The models, as `provider/model`. None are asked unless they are named here."),
        v.transform((models) => [...new Set(models)]),
      ),
    ),
    every: duration("How often a model is asked that answered nobody else meanwhile, give or take a fifth.", 60_000),
    capUsdPerDay: v.optional(
      v.pipe(
        v.union([v.number(), v.string()], LIMIT_HINT),
        v.description("The most that they may cost a day, in USD. Budgets hold for them as well."),
        v.check((amount) => limitOf(amount) !== null, LIMIT_HINT),
        v.transform((amount) => limitOf(amount) ?? 0),
      ),
    ),
  },
  "Models that are asked for one token now and then, as `{ models: [provider/model], every: 1h, capUsdPerDay: 0.05 }`. Off unless models are named.",
);

/** The `health` section: asking providers how they are where no traffic tells. */
export const HealthSchema = section(
  {
    probes: flag("Ask providers in use, for nothing, whether they are up where no traffic tells (default true)."),
    every: duration("How often a provider that is idle is asked, give or take a fifth.", 1_000),
    paid: PaidProbesSchema,
  },
  "Free probes ask lists of models and health routes, never a model; paid ones only what is named.",
);
