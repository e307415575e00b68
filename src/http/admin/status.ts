import type { ConfiguredProvider } from "../../config/settings.ts";
import type { ProviderView, StatusView } from "../../core/admin-view.ts";
import { type AccountHealthView, figuresOf, type Spans, spansOf } from "../../core/health-view.ts";
import { spanOf } from "../../core/period.ts";
import { readCacheStats } from "./cache.ts";
import type { AdminContext } from "./context.ts";
import { providerSpans } from "./health.ts";

const WORST_FIRST = ["open", "half-open", "closed"] as const;

function accountView(
  account: ConfiguredProvider["accounts"][number],
  health: AccountHealthView | undefined,
  isWatched: boolean,
): ProviderView["accounts"][number] {
  return {
    id: account.id,
    keySource: account.keySource,
    hasKey: account.key !== null,
    state: health?.state ?? (isWatched ? "closed" : "unknown"),
    coolingUntil: health?.coolingUntil ?? null,
    coolingReason: health?.coolingReason ?? null,
    models: health?.models ?? [],
  };
}

function providerView(admin: AdminContext, configured: ConfiguredProvider, spans: Spans): ProviderView {
  const watched = admin.health();
  const { provider } = configured;
  const own = (watched ?? []).filter((health) => health.provider === provider.id);
  const accounts = configured.accounts.map((account) =>
    accountView(
      account,
      own.find((health) => health.account === account.id),
      watched !== null,
    ),
  );
  const healthy = watched === null ? "unknown" : "closed";
  return {
    id: provider.id,
    state: WORST_FIRST.find((state) => own.some((health) => health.state === state)) ?? healthy,
    lastError: own.find((health) => health.lastError !== null)?.lastError ?? null,
    availability: { ...figuresOf(spans["24h"]), spans },
    accounts,
    origin: configured.origin,
    baseUrl: provider.endpoints[0]?.baseUrl ?? "",
    isLocal: provider.isLocal === true,
  };
}

/** A daemon has a reading where there is a card; a command without one takes its own. */
async function gpuOf({ gpu, control }: AdminContext): Promise<StatusView["gpu"]> {
  const view = control === null ? await gpu.read() : gpu.latest();
  return view === null || view.source === "none" ? null : view;
}

/** What `status --json` prints and the status page shows. No secrets. */
export async function readStatus(admin: AdminContext): Promise<StatusView> {
  const settings = admin.settings();
  const { from } = spanOf("today", admin.now(), settings.timeZone);
  const { requests, costNanoUsd, unpriced } = admin.ledger.totals(from === null ? {} : { from });
  const spans = providerSpans(admin);
  return {
    daemon: { ...admin.daemon(), keyRequired: admin.keyStore.hasAny(), ledger: admin.ledger.health() },
    providers: settings.providers.map((configured) =>
      providerView(admin, configured, spans.get(configured.provider.id) ?? spansOf([], admin.now())),
    ),
    local: await admin.local(),
    tunnels: admin.tunnels(),
    gpu: await gpuOf(admin),
    paidProbes: admin.paidProbes(),
    cache: readCacheStats(admin),
    today: { requests, costNanoUsd, unpriced },
  };
}
