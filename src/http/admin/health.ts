import type { Context } from "hono";
import * as v from "valibot";
import {
  type Bucket,
  overSpan,
  SPANS,
  type SpanAvailability,
  WIDTHS,
  widthsOf,
  windowOf,
} from "../../core/availability-span.ts";
import {
  type HealthHistoryView,
  type HealthView,
  type ModelHealthView,
  type Spans,
  spansOf,
} from "../../core/health-view.ts";
import type { AdminContext } from "./context.ts";
import { adminError } from "./guard.ts";
import { parseWith } from "./schema.ts";

const historyQuery = v.strictObject({
  provider: v.optional(v.string()),
  account: v.optional(v.string()),
  model: v.optional(v.string()),
  by: v.optional(v.picklist(WIDTHS, `must be one of ${WIDTHS.join(", ")}`)),
  span: v.optional(v.picklist(SPANS, `must be one of ${SPANS.join(", ")}`), "24h"),
});

/** All that the spans are made of. */
function readBuckets({ availability, now }: AdminContext): readonly Bucket[] {
  return SPANS.flatMap((span) => availability(windowOf(span, now())));
}

function byProvider<View>(
  admin: AdminContext,
  buckets: readonly Bucket[],
  viewOf: (own: readonly Bucket[]) => View,
): ReadonlyMap<string, View> {
  const found = Map.groupBy(buckets, ({ provider }) => provider);
  return new Map(admin.settings().providers.map(({ provider: { id } }) => [id, viewOf(found.get(id) ?? [])]));
}

/** The availability of every configured provider; of one that was never asked, with no data. */
export function providerSpans(admin: AdminContext): ReadonlyMap<string, Spans> {
  return byProvider(admin, readBuckets(admin), (own) => spansOf(own, admin.now()));
}

/** The same over the last hour alone. */
export function providerHours(admin: AdminContext): ReadonlyMap<string, SpanAvailability> {
  const buckets = admin.availability(windowOf("1h", admin.now()));
  return byProvider(admin, buckets, (own) => overSpan(own, "1h", admin.now()));
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
  const buckets = readBuckets(admin);
  return {
    at: admin.now(),
    accounts: admin.health() ?? [],
    ledger: admin.ledger.health(),
    providers: [...byProvider(admin, buckets, (own) => spansOf(own, admin.now()))].map(([id, spans]) => ({
      id,
      spans,
    })),
    models: modelViews(buckets, admin.now()),
    probes: admin.probes(),
    paidProbes: admin.paidProbes(),
  };
}

/** `GET /v1/health/history`: one span, of a provider, account or model, or of all; finer with `by`. */
export function answerHealthHistory(context: Context, admin: AdminContext): Response {
  const query = parseWith(historyQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  const { span, by, ...only } = query.value;
  const widths = widthsOf(span);
  if (by !== undefined && !widths.includes(by)) {
    return adminError(context, 400, "bad_query", `by: ${span} can be had by ${widths.join(" or ")}`);
  }
  const { provider = null, account = null, model = null } = only;
  const buckets = admin.availability({ ...windowOf(span, admin.now(), by), ...only });
  const view: HealthHistoryView = { provider, account, model, ...overSpan(buckets, span, admin.now(), by) };
  return context.json(view);
}
