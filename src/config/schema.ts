import * as v from "valibot";
import { BudgetsSchema, TimeZoneSchema, WebhooksSchema } from "./schema-budgets.ts";
import { CacheSchema } from "./schema-cache.ts";
import { HealthSchema } from "./schema-health.ts";
import { LocalSchema } from "./schema-local.ts";
import { RateCardSchema } from "./schema-prices.ts";
import { ProjectsSchema } from "./schema-projects.ts";
import { ProviderBlockSchema } from "./schema-provider.ts";
import { RoutingSchema } from "./schema-routing.ts";
import {
  DURATION_HINT,
  days,
  daysOrOff,
  duration,
  flag,
  isTimer,
  NAME,
  PROVIDER_NAME,
  section,
  size,
  text,
  texts,
  whole,
} from "./schema-values.ts";
import { parseDuration } from "./units.ts";

const NameKey = v.pipe(
  v.string(),
  v.regex(NAME, "is no valid name: letters, digits, dots, dashes and colons, no slash"),
);
const ProviderKey = v.pipe(
  v.string(),
  v.regex(PROVIDER_NAME, "is no valid name: letters, digits, dots and dashes, no slash"),
);

/** The one definition of the configuration file. Everything may be left out; unknown names are errors. */
export const ConfigSchema = v.strictObject(
  {
    server: section(
      {
        host: v.optional(
          v.pipe(
            text("must be a host name or address"),
            v.description("Address of both listeners. Anything but loopback needs a client key first."),
          ),
        ),
        port: v.optional(v.pipe(whole(0, 65_535, "must be a port from 0 to 65535"), v.description("The API."))),
        adminPort: v.optional(
          v.pipe(
            whole(0, 65_535, "must be a port from 0 to 65535"),
            v.description("The admin API. Given here, a taken port is an error; else the next free one is used."),
          ),
        ),
        allowedHosts: texts("must be a host name", "Further `Host` names that may call, such as host.docker.internal."),
        allowedOrigins: texts(
          "must be an origin",
          "Origins of web pages and editors that may call, such as vscode-webview://*.",
        ),
        maxBody: size("Largest request body."),
        drain: duration("How long running answers may go on after SIGTERM."),
        heartbeat: duration("Longest silence towards a waiting client.", 10),
      },
      "The two listeners.",
    ),
    providers: v.nullish(
      v.pipe(
        v.record(ProviderKey, ProviderBlockSchema, "must be a block of providers by name"),
        v.description("Providers by name. A built-in one needs no block when its key is in the environment."),
      ),
    ),
    aliases: v.nullish(
      v.pipe(
        v.record(NameKey, text("must be provider/model or another alias"), "must be a block of `name: target` lines"),
        v.description("Names of your own for a `provider/model` or for another name."),
      ),
    ),
    chains: v.nullish(
      v.pipe(
        v.record(
          NameKey,
          v.pipe(
            v.array(text("must be provider/model or an alias"), "must be a list, such as [free, cheap, best]"),
            v.minLength(1, "must hold at least one target"),
          ),
          "must be a block of `name: [targets]` lines",
        ),
        v.description("Targets to try in order, by alias, model or task. `default` is what `auto` uses."),
      ),
    ),
    deadlines: section(
      {
        connect: duration("Until the connection to the provider stands.", 10),
        headers: duration("Until its reply begins.", 10),
        firstToken: duration("From there until the first content.", 10),
        idle: duration("Longest pause between two events.", 10),
        total: v.optional(
          v.pipe(
            v.string(`${DURATION_HINT}, or none`),
            v.description("The whole attempt; `none` for no limit."),
            v.check((value) => value === "none" || isTimer(value, 10), `${DURATION_HINT}, or none`),
            v.transform((value) => (value === "none" ? null : parseDuration(value))),
          ),
        ),
      },
      "How long an attempt may take.",
    ),
    retries: section(
      {
        attempts: v.optional(v.pipe(whole(1, 10), v.description("Attempts at one target, the first included."))),
        base: duration("First pause; it doubles from there, with jitter."),
        max: duration("Longest pause."),
      },
      "Further attempts at the same target before the next of its chain.",
    ),
    breaker: section(
      {
        failures: v.optional(
          v.pipe(whole(1, 1000), v.description("Failures within the window that take a target out for a while.")),
        ),
        window: duration("The window.", 10),
        off: flag("Never take a target out."),
      },
      "Leaves out targets that keep failing.",
    ),
    health: HealthSchema,
    budgets: BudgetsSchema,
    timeZone: TimeZoneSchema,
    webhooks: WebhooksSchema,
    projects: ProjectsSchema,
    cache: CacheSchema,
    routing: RoutingSchema,
    retention: section(
      {
        ledger: days("Rows of the ledger."),
        requests: days("Per-request detail."),
        routes: days("What the router decided and why, without any prompt."),
        responses: daysOrOff(
          "Answers of the Responses API, kept for `previous_response_id` unless a request says `store: false`. `off` keeps none and deletes what was kept.",
        ),
        responsesSize: size("Size of all kept answers together; the oldest go first."),
      },
      "How long records are kept.",
    ),
    prices: section(
      {
        overrides: v.nullish(
          v.pipe(
            v.record(v.string(), RateCardSchema, "must be a block of `provider/model: { input, output }` lines"),
            v.description(
              "Your own prices by `provider/model`, in USD per million tokens. They win over the bundled data.",
            ),
          ),
        ),
      },
      "Prices.",
    ),
    local: LocalSchema,
    log: section(
      {
        level: v.optional(
          v.pipe(
            v.picklist(["debug", "info", "warn", "error"], "must be debug, info, warn or error"),
            v.description("Least severity that is written."),
          ),
        ),
        maxSize: size("Size at which the log file is rotated."),
        keepFiles: v.optional(v.pipe(whole(1, 100), v.description("Rotated files that are kept."))),
      },
      "The log.",
    ),
    strict: flag("Refuse a request with a parameter that its target cannot honour, instead of a warning."),
    baselineModel: v.optional(
      v.pipe(text("must be provider/model"), v.description("The `provider/model` that savings are counted against.")),
    ),
  },
  "must be a block of `name: value` lines",
);

/** A validated layer of configuration: durations in milliseconds, sizes in bytes, retention in days. */
export type Config = v.InferOutput<typeof ConfigSchema>;
