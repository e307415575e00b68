import type { Percentiles } from "../core/availability.ts";
import type { AdminContext } from "./admin/context.ts";
import { providerHours } from "./admin/health.ts";

/** A gauge with its samples; what has no data has none. */
interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

function quantiles(provider: string, figures: Percentiles | null): Gauge["samples"] {
  if (figures === null) return [];
  const seconds = [
    ["0.5", figures.p50],
    ["0.95", figures.p95],
  ] as const;
  return seconds.map(([quantile, milliseconds]) => ({ labels: { provider, quantile }, value: milliseconds / 1_000 }));
}

/** Availability and speed of every provider over the last hour, and how long accounts are still left out. */
export function healthGauges(admin: AdminContext): readonly Gauge[] {
  const hours = [...providerHours(admin)].map(([provider, hour]) => ({ provider, hour }));
  const now = admin.now();
  return [
    {
      name: "lodestar_provider_availability_ratio",
      help: "Share of the calls of the last hour that a provider answered; absent where there was none.",
      samples: hours.flatMap(({ provider, hour: { ratio } }) =>
        ratio === null ? [] : [{ labels: { provider }, value: ratio }],
      ),
    },
    {
      name: "lodestar_provider_faults",
      help: "Calls of the last hour that a provider did not answer, by why.",
      samples: hours.flatMap(({ provider, hour: { faults } }) =>
        Object.entries(faults).map(([fault, value]) => ({ labels: { provider, fault }, value })),
      ),
    },
    {
      name: "lodestar_provider_first_token_seconds",
      help: "Time to the first content over the last hour.",
      samples: hours.flatMap(({ provider, hour }) => quantiles(provider, hour.firstTokenMs)),
    },
    {
      name: "lodestar_provider_answer_seconds",
      help: "Time to the end of an answer over the last hour.",
      samples: hours.flatMap(({ provider, hour }) => quantiles(provider, hour.latencyMs)),
    },
    {
      name: "lodestar_account_cooldown_seconds",
      help: "How long an account is still left out; absent where it is not.",
      samples: (admin.health() ?? []).flatMap(({ provider, account, coolingUntil }) =>
        coolingUntil === null
          ? []
          : [{ labels: { provider, account }, value: Math.max(0, coolingUntil - now) / 1_000 }],
      ),
    },
  ];
}
