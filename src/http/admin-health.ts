import type { Context } from "hono";
import * as v from "valibot";
import { type Bucket, overSpan, SPANS, windowOf } from "../core/availability-span.ts";
import {
  type HealthHistoryView,
  type HealthView,
  type ModelHealthView,
  type Spans,
  spansOf,
} from "../core/health-view.ts";
import type { AdminContext } from "./admin-context.ts";
import { adminError } from "./admin-guard.ts";
import { parseWith } from "./admin-schema.ts";

const historyQuery = v.strictObject({
  provider: v.optional(v.string()),
  account: v.optional(v.string()),
  model: v.optional(v.string()),
  span: v.optional(v.picklist(SPANS, `must be one of ${SPANS.join(", ")}`), "24h"),
});

/** All that the spans are made of: the minutes of the last day and the hours of 90 days. */
function readBuckets({ availability, now }: AdminContext): readonly Bucket[] {
  return (["24h", "90d"] as const).flatMap((span) => availability(windowOf(span, now())));
}

/** The availability of every configured provider; of one that was never asked, with no data. */
export function providerSpans(admin: AdminContext): ReadonlyMap<string, Spans> {
  const byProvider = Map.groupBy(readBuckets(admin), ({ provider }) => provider);
  const ids = admin.settings().providers.map(({ provider }) => provider.id);
  return new Map(ids.map((id) => [id, spansOf(byProvider.get(id) ?? [], admin.now())]));
}

function modelViews(buckets: readonly Bucket[], now: number): readonly ModelHealthView[] {
  const byModel = Map.groupBy(buckets, ({ provider, model }) => JSON.stringify([provider, model]));
  const views = [...byModel.values()].flatMap((own) => {
    const [first] = own;
    return first === undefined ? [] : [{ provider: first.provider, model: first.model, spans: spansOf(own, now) }];
  });
  return views.toSorted((left, right) =>
    `${left.provider}/${left.model}` < `${right.provider}/${right.model}` ? -1 : 1,
  );
}

/** `GET /v1/health`: breakers, cooldowns, availability of providers and models, the last probes. */
export function readHealth(admin: AdminContext): HealthView {
  return {
    at: admin.now(),
    accounts: admin.health() ?? [],
    ledger: admin.ledger.health(),
    providers: [...providerSpans(admin)].map(([id, spans]) => ({ id, spans })),
    models: modelViews(readBuckets(admin), admin.now()),
    probes: admin.probes(),
  };
}

/** `GET /v1/health/history`: one span, of a provider, account or model, or of all. */
export function answerHealthHistory(context: Context, admin: AdminContext): Response {
  const query = parseWith(historyQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  const { span, ...only } = query.value;
  const { provider = null, account = null, model = null } = only;
  const buckets = admin.availability({ ...windowOf(span, admin.now()), ...only });
  const view: HealthHistoryView = { provider, account, model, ...overSpan(buckets, span, admin.now()) };
  return context.json(view);
}
