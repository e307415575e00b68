import type { ConfiguredProvider } from "../config/settings.ts";
import type { ProviderView, StatusView } from "../core/admin-view.ts";
import { spanOf } from "../core/period.ts";
import type { AccountHealth, AdminContext } from "./admin-context.ts";

const AVAILABILITY_MS = 24 * 3_600_000;
const WORST_FIRST = ["open", "half-open", "closed"] as const;

function accountView(
  account: ConfiguredProvider["accounts"][number],
  health: AccountHealth | undefined,
  isWatched: boolean,
): ProviderView["accounts"][number] {
  return {
    id: account.id,
    keySource: account.keySource,
    hasKey: account.key !== null,
    state: health?.state ?? (isWatched ? "closed" : "unknown"),
    coolingUntil: health?.coolingUntil ?? null,
  };
}

function providerView(admin: AdminContext, configured: ConfiguredProvider): ProviderView {
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
  const { attempts, failed } = admin.ledger.totals({ provider: provider.id, from: admin.now() - AVAILABILITY_MS });
  const healthy = watched === null ? "unknown" : "closed";
  return {
    id: provider.id,
    state: WORST_FIRST.find((state) => own.some((health) => health.state === state)) ?? healthy,
    lastError: own.find((health) => health.lastError !== null)?.lastError ?? null,
    availability: { attempts, failed, ratio: attempts === 0 ? null : (attempts - failed) / attempts },
    accounts,
    origin: configured.origin,
    baseUrl: provider.endpoints[0]?.baseUrl ?? "",
    isLocal: provider.isLocal === true,
  };
}

/** What `status --json` prints and the status page shows. No secrets. */
export async function readStatus(admin: AdminContext): Promise<StatusView> {
  const settings = admin.settings();
  const { from } = spanOf("today", admin.now(), settings.timeZone);
  const { requests, costNanoUsd, unpriced } = admin.ledger.totals(from === null ? {} : { from });
  return {
    daemon: { ...admin.daemon(), keyRequired: admin.keyStore.hasAny(), ledger: admin.ledger.health() },
    providers: settings.providers.map((configured) => providerView(admin, configured)),
    local: await admin.local(),
    tunnels: admin.tunnels(),
    gpu: null,
    today: { requests, costNanoUsd, unpriced },
  };
}
