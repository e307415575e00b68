import { isPlaceholder } from "../../host/secrets.ts";
import { baseUrlFault } from "../schema-provider.ts";
import { type Draft, isOurName, movedKey, newDraft, ourName, ourProvider, ourTarget } from "./draft.ts";
import { addBudgets } from "./litellm-budgets.ts";
import { asBlock, asList, asText, asTexts } from "./read.ts";

/** Wildcards and the like need no entry: Lodestar forwards any `provider/model`. */
const WILDCARD = /[*?]/;

function keyOf(value: unknown, provider: string, draft: Draft): string | null {
  const text = asText(value);
  if (text === null || isPlaceholder(text)) return null;
  const variable = /^os\.environ\/([A-Za-z_][A-Za-z0-9_]*)$/.exec(text)?.[1];
  return variable === undefined ? movedKey(draft, provider) : `env:${variable}`;
}

/** The name under which a deployment's provider stands: a built-in one as it is, another address under a name of its own. */
function providerFor(prefix: string, baseUrl: string | null, draft: Draft): string | null {
  const builtIn = ourProvider(prefix);
  if (baseUrl === null) {
    if (builtIn !== null) draft.providers[builtIn] ??= {};
    return builtIn;
  }
  const known = Object.entries(draft.providers).find(([, block]) => block.baseUrl === baseUrl);
  if (known !== undefined) return known[0];
  const host = URL.parse(baseUrl)?.host ?? "";
  if (host === "" || baseUrlFault(baseUrl) !== null || (builtIn === null && prefix !== "custom_openai")) return null;
  const isPlainOpenai = builtIn === "openai" || builtIn === null;
  const name = builtIn !== null && !isPlainOpenai && draft.providers[builtIn] === undefined ? builtIn : ourName(host);
  const dialect = isPlainOpenai ? { dialect: "openai-chat" } : {};
  const base = name === builtIn || isPlainOpenai ? {} : { extends: builtIn };
  draft.providers[name] = { ...base, ...dialect, baseUrl };
  return name;
}

/** Remembers a key of a provider: one as `key`, several as `accounts`. */
function addKey(provider: string, key: string | null, draft: Draft): void {
  const block = draft.providers[provider];
  if (block === undefined || key === null) return;
  const accounts = asList(block.accounts).map((account) => asBlock(account).key);
  const known = block.key === undefined ? accounts : [block.key];
  if (known.includes(key)) return;
  if (known.length === 0) {
    block.key = key;
    return;
  }
  delete block.key;
  block.accounts = [...known, key].map((entry) => ({ key: entry }));
}

function deployment(entry: unknown, draft: Draft): { name: string; target: string } | null {
  const parameters = asBlock(asBlock(entry).litellm_params);
  const model = asText(parameters.model);
  const name = asText(asBlock(entry).model_name) ?? model;
  if (model === null || name === null) return null;
  const slash = model.indexOf("/");
  const prefix = slash > 0 ? model.slice(0, slash) : (ourTarget(model)?.provider ?? "");
  const provider = providerFor(prefix, asText(parameters.api_base), draft);
  if (provider === null) {
    draft.notes.push(`The model ${name} is at "${prefix || model}", which Lodestar has no provider for.`);
    return null;
  }
  addKey(provider, keyOf(parameters.api_key, provider, draft), draft);
  const left = Object.keys(parameters).filter((key) => !["model", "api_key", "api_base"].includes(key));
  if (left.length > 0) draft.notes.push(`Of the model ${name}: ${left.join(", ")}.`);
  return { name, target: `${provider}/${slash > 0 ? model.slice(slash + 1) : model}` };
}

function addModels(models: ReadonlyMap<string, readonly string[]>, draft: Draft): void {
  for (const [name, targets] of models) {
    const [only] = targets;
    if (WILDCARD.test(name) || name === only) continue;
    if (!isOurName(name)) draft.notes.push(`The name ${name} cannot be a name of yours: ask for ${only}.`);
    else if (targets.length > 1) draft.chains[name] = [...targets];
    else if (only !== undefined) draft.aliases[name] = only;
  }
}

/** `fallbacks: [{name: [others]}]` as chains: the model itself first. */
function addFallbacks(value: unknown, models: ReadonlyMap<string, readonly string[]>, draft: Draft): void {
  for (const [name, others] of asList(value).flatMap((entry) => Object.entries(asBlock(entry)))) {
    const own = models.get(name) ?? [];
    const targets = [...own, ...asTexts(others).flatMap((other) => models.get(other) ?? [])];
    const key = name === "*" ? "default" : name;
    if (targets.length === 0 || !isOurName(key)) draft.notes.push(`The fallbacks of ${name}.`);
    else {
      delete draft.aliases[key];
      draft.chains[key] = [...new Set(targets)];
    }
  }
}

/** Reads LiteLLM's `config.yaml`. Source: docs.litellm.ai/docs/proxy/configs. */
export function importLitellm(root: unknown): Draft {
  const draft = newDraft();
  const config = asBlock(root);
  const settings = { ...asBlock(config.litellm_settings), ...asBlock(config.router_settings) };
  const models = new Map<string, string[]>();
  for (const entry of asList(config.model_list)) {
    const found = deployment(entry, draft);
    if (found !== null) models.set(found.name, [...new Set([...(models.get(found.name) ?? []), found.target])]);
  }
  addModels(models, draft);
  addFallbacks(settings.fallbacks, models, draft);
  for (const [alias, target] of Object.entries(asBlock(settings.model_group_alias))) {
    const [first] = models.get(asText(target) ?? "") ?? [];
    if (first !== undefined && isOurName(alias))
      draft.aliases[alias] = draft.chains[String(target)] ? String(target) : first;
  }
  if (typeof settings.num_retries === "number") {
    draft.others.retries = { attempts: Math.min(10, Math.max(1, Math.trunc(settings.num_retries) + 1)) };
  }
  const carried = ["fallbacks", "model_group_alias", "num_retries", ...addBudgets(settings, draft)];
  const left = Object.keys(settings).filter((key) => !carried.includes(key));
  if (left.length > 0) draft.notes.push(`Of litellm_settings and router_settings: ${left.join(", ")}.`);
  if (asText(asBlock(config.general_settings).master_key) !== null) {
    draft.notes.push("The master key: create keys for your clients with `lodestar keys create`.");
  }
  const sections = Object.keys(config).filter(
    (key) => !["model_list", "litellm_settings", "router_settings", "general_settings"].includes(key),
  );
  if (sections.length > 0) draft.notes.push(`The sections ${sections.join(", ")}.`);
  return draft;
}
