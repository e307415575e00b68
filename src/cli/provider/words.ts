import type { LocalView, ProviderView } from "../../core/admin-view.ts";
import { formatPlural } from "../../terminal/format.ts";
import type { Colours } from "../../terminal/terminal.ts";

/** While its breaker is closed: whether its accounts may be asked at all, after a wrong key, a limit or an empty account. */
function restingWords({ accounts }: ProviderView): string | null {
  const paused = accounts.filter(({ coolingUntil }) => coolingUntil !== null).length;
  if (paused === 0) return null;
  return paused === accounts.length ? "paused" : `${paused} of ${formatPlural(accounts.length, "account")} paused`;
}

/** How a provider does, in a word or two. `local` says which model servers on this machine answer. */
export function providerState(provider: ProviderView, local: readonly LocalView[]): string {
  if (local.some((server) => server.provider === provider.id && !server.isReachable)) return "not reachable";
  if (provider.state === "closed") {
    return restingWords(provider) ?? (provider.availability.attempts === 0 ? "ready" : "healthy");
  }
  if (provider.state === "half-open") return "trying again";
  return provider.state === "open" ? "resting" : "unknown";
}

/** The colour of {@link providerState}. */
export function paintProvider(text: string, { state }: ProviderView, style: Colours): string {
  if (text === "healthy" || text === "ready") return style.green(text);
  return state === "open" || text === "paused" ? style.red(text) : style.yellow(text);
}
