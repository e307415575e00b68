import { Document } from "yaml";
import { findProvider } from "../../providers/_all.ts";
import { NAME } from "../schema-values.ts";
import { UNSAFE_KEYS } from "../yaml-source.ts";

/** A block of the new configuration while it is put together. */
export type DraftBlock = Record<string, unknown>;

/** The configuration that an import builds up, and what it could not carry over. */
export interface Draft {
  readonly server: Record<string, unknown>;
  readonly providers: Record<string, DraftBlock>;
  readonly aliases: Record<string, string>;
  readonly chains: Record<string, string[]>;
  readonly others: Record<string, unknown>;
  /** For people: one sentence each. Never holds a secret. */
  readonly notes: string[];
}

/** An empty draft. */
export function newDraft(): Draft {
  return { server: {}, providers: {}, aliases: {}, chains: {}, others: {}, notes: [] };
}

/** How other tools name the providers that we know, where they differ from our ids. Source: the provider pages of docs.litellm.ai. */
const FOREIGN_NAMES: Readonly<Record<string, string>> = {
  gemini: "google",
  ollama_chat: "ollama",
  together_ai: "together",
  fireworks_ai: "fireworks",
  dashscope: "alibaba",
  nvidia_nim: "nvidia",
  hosted_vllm: "vllm",
  lm_studio: "lmstudio",
  litellm_proxy: "litellm",
  cohere_chat: "cohere",
  moonshotai: "moonshot",
  zhipuai: "zai",
};

/** Families of bare model names and who makes them. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^(?:gpt-|chatgpt|o[134](?:-|$)|text-embedding-)/, "openai"],
  [/^claude/, "anthropic"],
  [/^gemini/, "google"],
  [/^deepseek/, "deepseek"],
  [/^grok/, "xai"],
  [/^(?:mistral|codestral|devstral|magistral|ministral)/, "mistral"],
  [/^kimi/, "moonshot"],
  [/^glm/, "zai"],
];

/** Our id for a provider as another tool names it; null when we have none. */
export function ourProvider(name: string): string | null {
  const id = FOREIGN_NAMES[name.toLowerCase()] ?? name.toLowerCase();
  return findProvider(id) === undefined ? null : id;
}

/** A foreign `provider/model` or bare model name as ours; null when nobody can tell whose it is. */
export function ourTarget(model: string): { readonly provider: string; readonly model: string } | null {
  const slash = model.indexOf("/");
  if (slash > 0) {
    const provider = ourProvider(model.slice(0, slash));
    return provider === null ? null : { provider, model: model.slice(slash + 1) };
  }
  const family = FAMILIES.find(([pattern]) => pattern.test(model.toLowerCase()));
  return family === undefined ? null : { provider: family[1], model };
}

/** The name nearest to a text that our configuration takes for a provider (and so for an alias too). */
export function ourName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return name === "" || UNSAFE_KEYS.has(name) ? "imported" : name.slice(0, 64);
}

/** Whether our configuration takes a name for an alias or chain as it is. */
export function isOurName(text: string): boolean {
  return NAME.test(text) && !UNSAFE_KEYS.has(text);
}

/** The variable a key can be read from when the other tool had it in its file, where ours never stands. */
export function keyVariable(provider: string): string {
  const name = provider.toUpperCase().replace(/[^A-Z0-9]/g, "_");
  return findProvider(provider)?.keyEnv[0] ?? `${/^\d/.test(name) ? "KEY_" : ""}${name}_API_KEY`;
}

/** `env:NAME` for a key that another tool had in its file, with the note that says so. */
export function movedKey(draft: Draft, provider: string): string {
  const variable = keyVariable(provider);
  const note = `The key of ${provider} stood in the file itself: export it as ${variable}, or run \`lodestar provider add ${provider}\`.`;
  if (!draft.notes.includes(note)) draft.notes.push(note);
  return `env:${variable}`;
}

function filled(block: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(block).length > 0;
}

/** The draft as the text of a configuration file. */
export function renderDraft(draft: Draft, source: string): string {
  const { server, providers, aliases, chains, others } = draft;
  const blocks = { server, providers, aliases, chains };
  const used = Object.fromEntries(Object.entries(blocks).filter(([, block]) => filled(block)));
  const document = new Document({ ...used, ...others });
  const notes = draft.notes.map((note) => ` - ${note}`);
  const head = [
    ` Imported from ${source}.`,
    ...(notes.length === 0 ? [] : [" Not carried over, or to be done:", ...notes]),
  ];
  document.commentBefore = head.join("\n");
  return document.toString({ lineWidth: 0 });
}
