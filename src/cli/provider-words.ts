import type { LocalView, ProviderView } from "../core/admin-view.ts";
import type { Colours } from "../terminal/terminal.ts";

/** How a provider does, in a word or two. `local` says which model servers on this machine answer. */
export function providerState(provider: ProviderView, local: readonly LocalView[]): string {
  if (local.some((server) => server.provider === provider.id && !server.isReachable)) return "not reachable";
  if (provider.state === "closed") return provider.availability.attempts === 0 ? "ready" : "healthy";
  if (provider.state === "half-open") return "trying again";
  return provider.state === "open" ? "resting" : "unknown";
}

/** The colour of {@link providerState}. */
export function paintProvider(text: string, { state }: ProviderView, style: Colours): string {
  if (state === "closed" && text !== "not reachable") return style.green(text);
  return state === "open" ? style.red(text) : style.yellow(text);
}
