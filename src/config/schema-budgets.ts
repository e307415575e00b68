import * as v from "valibot";
import { BUDGET_PERIODS, BUDGET_POLICIES, BUDGET_SCOPES, LIMIT_HINT, limitOf } from "../core/budget/text.ts";
import type { LodestarEvent } from "../core/event.ts";
import { Secret } from "./schema-provider.ts";
import { text, whole } from "./schema-values.ts";

const Limit = v.pipe(
  v.union([v.number(), v.string()], LIMIT_HINT),
  v.description(
    "Limit in USD, exact to nine decimals. 0 lets nothing through that costs money: free local models still answer.",
  ),
  v.check((amount) => limitOf(amount) !== null, LIMIT_HINT),
  v.transform((amount) => limitOf(amount) ?? 0),
);

/** One budget as a person writes it. What depends on its scope is checked in `budgets.ts`. */
const BudgetSchema = v.strictObject(
  {
    scope: v.pipe(
      v.picklist(BUDGET_SCOPES, "must be global, key, project, provider or model"),
      v.description("What it counts."),
    ),
    name: v.optional(
      v.pipe(
        text("must be a name"),
        v.description(
          'Whose, unless the scope is global: a key\'s name, a project, a provider, a model (`openai/*`). `"*"` counts each one apart.',
        ),
      ),
    ),
    period: v.pipe(
      v.picklist(BUDGET_PERIODS, "must be day, week, month or total"),
      v.description("When it begins at 0 again, by the calendar of `timeZone`; weeks start on Monday."),
    ),
    limitUsd: Limit,
    warnAt: v.optional(
      v.pipe(
        v.array(whole(1, 100, "must be a percentage from 1 to 100"), "must be a list of percentages, such as [50, 80]"),
        v.maxLength(20, "must hold at most 20 percentages"),
        v.description("Percentages of the limit that are told when they are reached; the limit itself always is."),
        v.transform((percentages) => [...new Set(percentages)].sort((one, other) => one - other)),
      ),
    ),
    over: v.optional(
      v.pipe(
        v.picklist(BUDGET_POLICIES, "must be warn, degrade or deny"),
        v.description(
          "What happens to an attempt that does not fit: it passes and is told (`warn`), a free local model answers where one can and the client named no model itself (`degrade`), or it is refused (`deny`).",
        ),
      ),
    ),
    unpriced: v.optional(
      v.pipe(
        v.picklist(["deny", "allow"], "must be deny or allow"),
        v.description("Paid models without a known price: refused, since nobody could count them, unless allowed."),
      ),
    ),
  },
  "must be a budget, such as { scope: global, period: month, limitUsd: 30 }",
);

/** The `budgets` section. */
export const BudgetsSchema = v.nullish(
  v.pipe(
    v.array(BudgetSchema, "must be a list, one `- { scope, period, limitUsd }` a line"),
    v.maxLength(1000, "must hold at most 1000 budgets"),
    v.description("Limits on spending. An attempt must fit all that it belongs to; free models always may be asked."),
  ),
);

/** The IANA time zone that a text names, in its usual spelling; null when none. */
function zoneOf(name: string): string | null {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}

const ZONE_HINT = "must be an IANA time zone, such as Europe/Berlin or UTC";

/** The `timeZone` setting. */
export const TimeZoneSchema = v.optional(
  v.pipe(
    v.string(ZONE_HINT),
    v.check((name) => zoneOf(name) !== null, ZONE_HINT),
    v.description("Time zone whose days, weeks and months budgets and reports count by. Default: the system's."),
    v.transform((name) => zoneOf(name) ?? "UTC"),
  ),
);

/** Every event by name, so that a new kind of event is a type error here. */
const EVENT_NAMES = {
  ready: "ready",
  settled: "settled",
  fallback: "fallback",
  health: "health",
  budget: "budget",
  config: "config",
  draining: "draining",
  local: "local",
} as const satisfies { readonly [Name in LodestarEvent["event"]]: Name };

/** Why a webhook's URL cannot be used, or null. Never repeats the URL, which may hold a secret in its path. */
function webhookUrlFault(value: string): string | null {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol)) return "must be a URL that starts with http:// or https://";
  if (url.username !== "" || url.password !== "") return "must not hold a user or password";
  return null;
}

/** The `webhooks` section. */
export const WebhooksSchema = v.nullish(
  v.pipe(
    v.array(
      v.strictObject(
        {
          url: v.pipe(
            v.string("must be a URL that starts with http:// or https://"),
            v.description("Where events are posted to. An address of your own network is fine here."),
            v.rawCheck(({ dataset, addIssue }) => {
              const fault = dataset.typed ? webhookUrlFault(dataset.value) : null;
              if (fault !== null) addIssue({ message: fault });
            }),
          ),
          secret: v.optional(
            v.pipe(Secret, v.description("Where the secret that signs each post is: `env:NAME` or `file:NAME`.")),
          ),
          events: v.optional(
            v.pipe(
              v.array(
                v.picklist(Object.keys(EVENT_NAMES) as LodestarEvent["event"][], "must be the name of an event"),
                "must be a list, such as [budget, health]",
              ),
              v.description("Which events, by name. Default: budget and health."),
            ),
          ),
        },
        "must be a block, such as { url: https://example.org/hook, secret: env:HOOK_SECRET }",
      ),
      "must be a list, one `- { url, secret, events }` a line",
    ),
    v.maxLength(20, "must hold at most 20 webhooks"),
    v.description("Who is told of events over HTTP: signed as Standard Webhooks describes, and tried again."),
  ),
);
