import type { ConfiguredProvider } from "../config/settings.ts";
import type { DialectName } from "../core/request.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { Provider, ProviderEndpoint } from "../providers/provider.ts";
import type { Attempt } from "./attempt.ts";
import type { Call } from "./call.ts";

/** The endpoint of a provider that a call goes to, with the codec spoken there. */
export interface Route {
  readonly endpoint: ProviderEndpoint;
  readonly dialect: Dialect;
  /** The client speaks the same: `dialect` is the client's very codec, its variant included, and bodies may pass unchanged. */
  readonly isClientDialect: boolean;
}

/** The provider's endpoint in the client's own dialect, else its first one that has a codec; null when there is none. */
export function routeTo(
  configured: ConfiguredProvider,
  client: Dialect,
  dialects: Readonly<Partial<Record<DialectName, Dialect>>>,
): Route | null {
  const routes = configured.provider.endpoints.flatMap((endpoint) => {
    const isClientDialect = endpoint.dialect === client.name;
    const dialect = isClientDialect ? client : dialects[endpoint.dialect];
    return dialect === undefined ? [] : [{ endpoint, dialect, isClientDialect }];
  });
  // A local engine is always spoken to natively: only there do its runner options stay pinned.
  if (configured.provider.isLocal === true) return routes[0] ?? null;
  return routes.find((route) => route.isClientDialect) ?? routes[0] ?? null;
}

function credentialOf(attempt: Attempt, call: Call, { endpoint }: Route): Record<string, string> {
  const { configured, account } = attempt;
  if (configured.auth !== "client") return accountCredential(configured.provider, endpoint, account.key);
  return call.caller.credential === null ? {} : { [call.caller.credential.header]: call.caller.credential.value };
}

/** The header that an account's own key goes in; none where it has no key, or none is wanted. */
export function accountCredential(
  provider: Provider,
  endpoint: ProviderEndpoint,
  key: string | null,
): Record<string, string> {
  const scheme = endpoint.auth ?? provider.auth;
  if (scheme.kind === "none" || key === null) return {};
  return scheme.kind === "bearer" ? { authorization: `Bearer ${key}` } : { [scheme.header]: key };
}

/** Headers of a call to a provider: its own, the credential, and what passes from a client of the same dialect. */
export function upstreamHeaders(attempt: Attempt, call: Call, route: Route, version: string): Record<string, string> {
  return {
    "content-type": "application/json",
    "user-agent": `lodestar/${version}`,
    ...attempt.configured.provider.headers,
    ...(route.isClientDialect ? call.passHeaders : {}),
    ...credentialOf(attempt, call, route),
  };
}

/** The URL of a path below an endpoint's base. */
export function upstreamUrl(endpoint: ProviderEndpoint, path: string): string {
  return `${endpoint.baseUrl.replace(/\/+$/, "")}${path}`;
}
