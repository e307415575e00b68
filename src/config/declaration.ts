import type { AuthScheme, NativeCompletions, Provider, ProviderEndpoint, Quirks } from "../providers/provider.ts";
import type { ProviderBlock } from "./schema-provider.ts";

/** A URL as the dialects' paths are appended to it: no slash at its end; Messages endpoints stand below `/v1`, said or not. */
function tidyBase(dialect: ProviderEndpoint["dialect"], baseUrl: string): string {
  const base = baseUrl.replace(/\/+$/, "");
  return dialect === "anthropic" && !base.endsWith("/v1") ? `${base}/v1` : base;
}

/** The address with the path that every customer's has, where it was given without one. */
function withOwnPath({ ownAddress }: Provider, baseUrl: string): string {
  const isBare = URL.parse(baseUrl)?.pathname === "/";
  return ownAddress !== undefined && isBare ? baseUrl.replace(/\/*$/, ownAddress.path) : baseUrl;
}

/** A provider's endpoints moved to another address: the first takes the given one, those below it move along. */
function moveEndpoints(start: Provider, baseUrl: string): readonly ProviderEndpoint[] {
  const documented = start.endpoints[0]?.baseUrl ?? "";
  const moved = withOwnPath(start, baseUrl).replace(/\/+$/, "");
  return start.endpoints.map((endpoint) => ({
    ...endpoint,
    baseUrl: tidyBase(endpoint.dialect, moved + endpoint.baseUrl.slice(documented.length)),
  }));
}

function quirksOf(base: Quirks | undefined, changes: ProviderBlock["quirks"]): Quirks {
  const given = Object.entries(changes ?? {}).filter(([, value]) => value !== undefined);
  return { ...base, ...(Object.fromEntries(given) as Quirks) };
}

/** Where servers that speak as OpenAI's have their text completions. */
const COMPLETIONS_PATH = "/completions";

function completionsOf(given: NonNullable<ProviderBlock["completions"]>): NativeCompletions {
  const { path = COMPLETIONS_PATH, infill, models } = given;
  return { path, infill, ...(models == null ? {} : { models }) };
}

/** Settings of a block that have a counterpart of the same kind in the declaration. */
function changesOf(block: ProviderBlock, base: Provider): Partial<Provider> {
  return {
    ...(block.priceId === undefined ? {} : { priceId: block.priceId }),
    ...(block.local === undefined ? {} : { isLocal: block.local }),
    ...(block.headers === undefined ? {} : { headers: { ...base.headers, ...block.headers } }),
    ...(block.completions === undefined ? {} : { completions: completionsOf(block.completions) }),
    models: {
      ...base.models,
      ...(block.best === undefined ? {} : { strong: block.best }),
      ...(block.cheap === undefined ? {} : { cheap: block.cheap }),
    },
  };
}

/** What a provider of the user's own starts from: OpenAI-compatible, a bearer key if there is one. */
function blankProvider(id: string): Provider {
  return {
    id,
    name: id,
    endpoints: [{ dialect: "openai-chat", baseUrl: "" }],
    auth: { kind: "bearer" },
    keyEnv: [],
    models: {},
  };
}

/** Where servers of a dialect expect the key, if not as a bearer token. */
const KEY_HEADERS: Partial<Record<ProviderEndpoint["dialect"], string>> = {
  anthropic: "x-api-key",
  gemini: "x-goog-api-key",
};

/** Only the endpoint of one dialect, at an address of the user's, with the key where its servers expect it. */
function endpointAt(start: Provider, dialect: ProviderEndpoint["dialect"], baseUrl: string): ProviderEndpoint {
  const known = start.endpoints.find((endpoint) => endpoint.dialect === dialect);
  const header = KEY_HEADERS[dialect];
  const auth: AuthScheme = header === undefined ? { kind: "bearer" } : { kind: "header", header };
  return { ...(known ?? { dialect, auth }), baseUrl: tidyBase(dialect, baseUrl) };
}

function chooseEndpoints(
  start: Provider,
  dialect: ProviderBlock["dialect"],
  baseUrl: string | null,
): readonly ProviderEndpoint[] {
  if (dialect === undefined) return baseUrl === null ? start.endpoints : moveEndpoints(start, baseUrl);
  if (baseUrl !== null) return [endpointAt(start, dialect, withOwnPath(start, baseUrl))];
  return start.endpoints.filter((endpoint) => endpoint.dialect === dialect);
}

/**
 * The declaration of a configured provider: the built-in one it starts from (if any) with the user's changes.
 * `baseUrl` is the address that won (environment before file), or null for the documented one. Without endpoints
 * when the built-in one does not speak the wanted dialect.
 */
export function declareProvider(
  id: string,
  base: Provider | undefined,
  block: ProviderBlock,
  baseUrl: string | null,
): Provider {
  const start = base ?? blankProvider(id);
  const priceId = id === start.id ? start.priceId : (start.priceId ?? start.id);
  return {
    ...start,
    id,
    name: id === start.id ? start.name : id,
    endpoints: chooseEndpoints(start, block.dialect, baseUrl),
    quirks: quirksOf(start.quirks, block.quirks),
    ...(priceId === undefined ? {} : { priceId }),
    ...changesOf(block, start),
  };
}
