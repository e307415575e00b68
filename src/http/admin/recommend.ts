import type { Context } from "hono";
import * as v from "valibot";
import type { ModelView } from "../../core/admin-view.ts";
import { NANO_PER_USD } from "../../core/money.ts";
import { floorOf } from "../../core/routing/policy-dial.ts";
import { isTaskClass, TASK_CLASSES } from "../../core/routing/task-class.ts";
import { type RecommendWish, recommend } from "../../features/recommend/recommend.ts";
import type { AdminContext } from "./context.ts";
import { adminError } from "./guard.ts";
import { parseWith } from "./schema.ts";

const amount = (hint: string) => v.pipe(v.string(), v.regex(/^\d{1,7}(\.\d{1,9})?$/, hint), v.transform(Number));

const recommendQuery = v.strictObject({
  task: v.optional(v.picklist(TASK_CLASSES)),
  floor: v.optional(v.pipe(amount("must be a number from 0 to 1"), v.maxValue(1, "must be a number from 0 to 1"))),
  budget: v.optional(amount("must be US dollars for a thousand requests, as 2.50")),
  latency: v.optional(amount("must be seconds, as 5")),
  localOnly: v.optional(v.picklist(["0", "1"]), "0"),
});

/** The models that `auto` may choose from, where the configuration lists some; else all. */
function pooled(models: readonly ModelView[], admin: AdminContext): readonly ModelView[] {
  const { routing, chains } = admin.settings();
  const names = new Set(routing.pool.flatMap((name) => chains[name] ?? [name]));
  if (names.size === 0) return models;
  const isLocalIn = names.has("free") || names.has("local");
  return models.filter(
    ({ id, model, aliases, isLocal }) =>
      names.has(id) || names.has(model) || aliases.some((alias) => names.has(alias)) || (isLocal && isLocalIn),
  );
}

function floorFor(admin: AdminContext, flag: number | undefined): RecommendWish["floorOf"] {
  if (flag !== undefined) return () => ({ value: flag, source: "flag" });
  const { routing } = admin.settings();
  return (taskClass) =>
    floorOf(routing, isTaskClass(taskClass) ? taskClass : null, { rule: null, isPlan: false, calibrated: null });
}

/** `GET /v1/recommend`: for one class, or for each, the cheapest model that is good enough. */
export async function answerRecommend(context: Context, admin: AdminContext): Promise<Response> {
  const query = parseWith(recommendQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  const { task, floor, budget, latency, localOnly } = query.value;
  const wish: RecommendWish = {
    taskClasses: task === undefined ? TASK_CLASSES : [task],
    floorOf: floorFor(admin, floor),
    budgetNanoUsd: budget === undefined ? null : Math.round(budget * NANO_PER_USD),
    latencyMs: latency === undefined ? null : latency * 1_000,
    isLocalOnly: localOnly === "1",
  };
  await admin.ledger.flush();
  const { book, figures, parametersOf } = admin.evidence;
  const { ledger, now } = admin;
  const models = pooled(await admin.models(), admin);
  const priceOf = (provider: string, model: string) => admin.prices.priceOf(provider, model, now());
  const calls = (from: number) => admin.availability({ width: "day", from, to: now() + 1 });
  return context.json(recommend(wish, { models, calls, ledger, book, figures, parametersOf, priceOf, now }));
}
