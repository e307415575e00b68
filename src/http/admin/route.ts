import type { Context } from "hono";
import * as v from "valibot";
import { parseRules } from "../../config/rules-text.ts";
import type {
  ExplainedCandidate,
  RouteExplainView,
  RoutePastView,
  RouteReportView,
  RouteSimulateView,
} from "../../core/route-view.ts";
import { keptSignals, routeHeader } from "../../core/routing/decision.ts";
import type { Judged } from "../../core/routing/policy.ts";
import {
  compareChoices,
  madeChoice,
  type OtherPolicy,
  replayOne,
  routedChoice,
  usualChoice,
} from "../../core/routing/policy-replay.ts";
import { compileRules } from "../../core/routing/rules/compile.ts";
import type { StoredRoute } from "../../core/routing/stored-route.ts";
import { TASK_CLASSES } from "../../core/routing/task-class.ts";
import { targetName } from "../../core/target.ts";
import type { Considered } from "../../gateway/routing/consider.ts";
import type { AdminContext } from "./context.ts";
import { adminError } from "./guard.ts";
import { readBody } from "./keys.ts";
import { callOf, explainBody } from "./route-call.ts";
import { parseWith } from "./schema.ts";

const DAY_MS = 86_400_000;
/** So many of the latest decisions are read; a bootstrap over more would keep the process busy for a second. */
const MOST_ROUTES = 5_000;
const MOST_BODY_BYTES = 16 * 1024 * 1024;

const whole = v.pipe(v.string(), v.regex(/^\d{1,15}$/, "must be Unix milliseconds"), v.transform(Number));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const reportQuery = v.strictObject({ since: v.optional(whole) });

const simulateBody = v.strictObject({
  since: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  dial: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10))),
  floor: v.optional(share),
  rules: v.optional(v.pipe(v.string(), v.maxLength(1_000_000))),
});

function explained({ candidate, lost }: Judged): ExplainedCandidate {
  const { block, belief, ...rest } = candidate;
  return { ...rest, quality: belief, lost, blocked: block?.words ?? null };
}

function explainView({ question, answered, decision, plan }: Considered, admin: AdminContext): RouteExplainView {
  const { choice } = decision;
  return {
    header: routeHeader(decision),
    mode: decision.mode,
    verdict: decision.verdict,
    probabilities: question.guess?.probabilities ?? null,
    features: question.guess === null ? [] : admin.route.router.spokeFor(question.signals.text),
    rules: question.rules?.explain() ?? [],
    signals: { ...keptSignals(question.signals), paths: question.signals.paths },
    difficulty: answered.difficulty?.value ?? null,
    floor: decision.floor,
    dial: admin.settings().routing.dial,
    why: choice.defaultWhy ?? choice.why,
    candidates: choice.judged.map(explained),
    plan: plan.targets.map(({ target }) => targetName(target)),
  };
}

/** `POST /v1/route/explain`: what would be decided for a prompt or a whole request now. */
export async function explainRoute(context: Context, admin: AdminContext): Promise<Response> {
  const body = await readBody(context, MOST_BODY_BYTES);
  const wish = body.ok ? parseWith(explainBody, body.value) : body;
  if (!wish.ok) return adminError(context, 400, "bad_body", wish.error);
  const call = callOf(wish.value, admin.route.dialects);
  if (!call.ok) return adminError(context, 400, call.error.code, call.error.message);
  await admin.route.look();
  const considered = admin.route.router.consider(call.value);
  if (!considered.ok) return adminError(context, 409, considered.error.code, considered.error.message);
  return context.json(explainView(considered.value, admin));
}

/** `GET /v1/route/decisions/:id`: what was decided for a request. */
export function answerDecision(context: Context, admin: AdminContext, requestId: string): Response {
  admin.route.flush();
  const route = admin.route.log()?.find(requestId) ?? null;
  if (route !== null) return context.json({ route } satisfies RoutePastView);
  const fix =
    "the router decides on requests for `auto` alone, and its log keeps them as long as retention.routes says";
  return adminError(context, 404, "decision_not_found", `the router decided nothing on ${requestId}`, fix);
}

interface Read {
  readonly from: number;
  readonly to: number;
  readonly routes: readonly StoredRoute[];
  readonly isTruncated: boolean;
}

function readRoutes(admin: AdminContext, since: number | undefined): Read {
  admin.route.flush();
  const to = admin.now();
  const from = since ?? to - 7 * DAY_MS;
  const routes = admin.route.log()?.list({ from, to: to + 1 }, MOST_ROUTES) ?? [];
  return { from, to, routes, isTruncated: routes.length === MOST_ROUTES };
}

function counted(names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...new Set(names)].map((name) => [name, names.filter((other) => other === name).length]));
}

/** `GET /v1/route/report`: the router's choices beside the default chain's. */
export function answerRouteReport(context: Context, admin: AdminContext): Response {
  const query = parseWith(reportQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  const { routes, ...span } = readRoutes(admin, query.value.since);
  const byClass = [...TASK_CLASSES, "none" as const].flatMap((taskClass) => {
    const own = routes.filter((route) => (route.taskClass ?? "none") === taskClass);
    return own.length === 0 ? [] : [{ taskClass, replay: compareChoices(own, usualChoice, routedChoice) }];
  });
  const view: RouteReportView = {
    ...span,
    requests: routes.length,
    inForce: routes.filter(({ mode, chosen }) => mode === "on" && chosen !== null).length,
    costNanoUsd: routes.reduce((sum, { outcome }) => sum + (outcome?.costNanoUsd ?? 0), 0),
    all: compareChoices(routes, usualChoice, routedChoice),
    byClass,
    why: counted(routes.map(({ why }) => why)),
  };
  return context.json(view);
}

/** `POST /v1/route/simulate`: what another dial, floor or set of rules would have chosen. */
export async function simulateRoutes(context: Context, admin: AdminContext): Promise<Response> {
  const body = await readBody(context, MOST_BODY_BYTES);
  const wish = body.ok ? parseWith(simulateBody, body.value) : body;
  if (!wish.ok) return adminError(context, 400, "bad_body", wish.error);
  const { since, dial, floor, rules } = wish.value;
  const parsed = rules === undefined ? null : parseRules(rules);
  if (parsed !== null && !parsed.ok) return adminError(context, 400, "bad_rules", parsed.error);
  const { routing, rules: own, timeZone } = admin.settings();
  const list = parsed === null ? own : parsed.value;
  const compiled = list.length === 0 ? null : compileRules(list, [], timeZone);
  const floors = floor === undefined ? (dial === undefined ? routing.floors : {}) : { default: floor };
  const policy: OtherPolicy = {
    dial: dial ?? routing.dial,
    floors,
    calibrated: admin.route.dialFloors(),
    rules: compiled,
  };
  const { routes, ...span } = readRoutes(admin, since);
  const replay = compareChoices(routes, madeChoice, (route) => replayOne(route, policy));
  const view: RouteSimulateView = {
    ...span,
    requests: routes.length,
    dial: policy.dial,
    floors,
    rules: list.length,
    replay,
  };
  return context.json(view);
}
