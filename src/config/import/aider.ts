import { baseUrlFault } from "../schema-provider.ts";
import { type Draft, keyVariable, movedKey, newDraft, ourName, ourProvider, ourTarget } from "./draft.ts";
import { asBlock, asList, asText } from "./read.ts";

/** Its roles for models and the alias each becomes. */
const ROLES: Readonly<Record<string, string>> = { "weak-model": "weak", "editor-model": "editor" };

/** A list that may also be written as one text. */
function entries(value: unknown): readonly string[] {
  return (Array.isArray(value) ? asList(value) : [value]).flatMap((entry) => asText(entry) ?? []);
}

/** An address that stands for "openai" in all its model names becomes a provider of its own. */
function addEndpoint(config: Readonly<Record<string, unknown>>, draft: Draft): string | null {
  const baseUrl = asText(config["openai-api-base"]);
  const host = baseUrl === null ? undefined : URL.parse(baseUrl)?.host;
  if (baseUrl === null || host === undefined || baseUrlFault(baseUrl) !== null) return null;
  const name = ourName(host);
  draft.providers[name] = { dialect: "openai-chat", baseUrl: baseUrl.replace(/\/+$/, "") };
  return name;
}

function addKeys(config: Readonly<Record<string, unknown>>, endpoint: string | null, draft: Draft): void {
  const named = entries(config["api-key"]).map((entry) => entry.split("=")[0] ?? "");
  const direct = ["openai", "anthropic"].filter((id) => asText(config[`${id}-api-key`]) !== null);
  for (const name of [...named, ...direct]) {
    const id = name === "openai" && endpoint !== null ? endpoint : ourProvider(name);
    if (id === null) {
      draft.notes.push(`The key of ${name}, which Lodestar has no provider for.`);
      continue;
    }
    draft.providers[id] = { ...draft.providers[id], key: movedKey(draft, id) };
  }
}

function targetOf(model: string, endpoint: string | null): string | null {
  const target = ourTarget(model);
  if (target === null) return null;
  return `${target.provider === "openai" && endpoint !== null ? endpoint : target.provider}/${target.model}`;
}

function addName(alias: string, model: string, endpoint: string | null, draft: Draft): void {
  const target = targetOf(model, endpoint);
  if (target === null || alias.includes("/"))
    draft.notes.push(`The model "${model}" (${alias}): say whose it is, as provider/model.`);
  else draft.aliases[ourName(alias)] = target;
}

/** Reads Aider's `.aider.conf.yml`. Source: aider.chat/docs/config/options.html. */
export function importAider(root: unknown): Draft {
  const draft = newDraft();
  const config = asBlock(root);
  const endpoint = addEndpoint(config, draft);
  addKeys(config, endpoint, draft);
  const model = asText(config.model);
  const main = model === null ? null : targetOf(model, endpoint);
  if (main !== null) draft.chains.default = [main];
  else if (model !== null) draft.notes.push(`The model "${model}": say whose it is, as provider/model.`);
  for (const [role, alias] of Object.entries(ROLES)) {
    const name = asText(config[role]);
    if (name !== null) addName(alias, name, endpoint, draft);
  }
  for (const entry of entries(config.alias)) {
    const colon = entry.indexOf(":");
    if (colon > 0) addName(entry.slice(0, colon), entry.slice(colon + 1), endpoint, draft);
  }
  const used = new Set(
    [...Object.values(draft.aliases), ...(draft.chains.default ?? [])].map((t) => t.split("/")[0] ?? ""),
  );
  for (const id of used) draft.providers[id] ??= ourProvider(id) === "ollama" ? {} : { key: `env:${keyVariable(id)}` };
  draft.notes.push(
    "Everything else in the file is Aider's own and stays there; point Aider at Lodestar with `openai-api-base`.",
  );
  return draft;
}
