import { baseUrlFault } from "../schema-provider.ts";
import { type Draft, movedKey, newDraft, ourName, ourProvider } from "./draft.ts";
import { asBlock, asList, asText, asTexts } from "./read.ts";

/** Its routes that have no counterpart of the same name; each becomes an alias. */
const ROUTES: Readonly<Record<string, string>> = {
  background: "background",
  think: "think",
  longContext: "long-context",
  webSearch: "web-search",
  image: "image",
};
const CARRIED = new Set(["Providers", "Router", "HOST", "PORT", "APIKEY", "LOG_LEVEL"]);
const LEVELS: Readonly<Record<string, string>> = { fatal: "error", trace: "debug" };

/** Its URLs name the whole call; ours stop before the dialect's path. */
function baseOf(url: string): string {
  return url.replace(/\/(?:chat\/completions|messages|responses)\/?$/, "").replace(/\/+$/, "");
}

function addProvider(entry: unknown, draft: Draft, names: Map<string, string>): void {
  const block = asBlock(entry);
  const name = asText(block.name);
  const url = asText(block.api_base_url);
  if (name === null || url === null) return;
  if (baseUrlFault(url) !== null) {
    draft.notes.push(`The provider ${name}: its address cannot be used.`);
    return;
  }
  const builtIn = ourProvider(name);
  const id = builtIn ?? ourName(name);
  names.set(name, id);
  const isMessages = /\/messages\/?$/.test(url);
  const own = { dialect: isMessages ? "anthropic" : "openai-chat", baseUrl: baseOf(url) };
  const key = asText(block.api_key);
  const variable = /^\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?$/.exec(key ?? "")?.[1];
  const isKeyless = key === null || builtIn === "ollama";
  const reference = isKeyless ? {} : { key: variable === undefined ? movedKey(draft, id) : `env:${variable}` };
  const models = asTexts(block.models);
  draft.providers[id] = { ...(builtIn === null ? own : {}), ...reference, ...(models.length > 0 ? { models } : {}) };
  if (block.transformer !== undefined) draft.notes.push(`The transformers of ${name}: Lodestar translates by itself.`);
}

/** `provider,model` as ours, or null. */
function targetOf(value: unknown, names: ReadonlyMap<string, string>): string | null {
  const [provider = "", ...model] = (asText(value) ?? "").split(",");
  const id = names.get(provider.trim());
  return id === undefined || model.length === 0 ? null : `${id}/${model.join(",").trim()}`;
}

function addRoutes(router: Readonly<Record<string, unknown>>, draft: Draft, names: ReadonlyMap<string, string>): void {
  for (const [route, value] of Object.entries(router)) {
    const target = targetOf(value, names);
    const alias = ROUTES[route];
    if (route === "default" && target !== null) draft.chains.default = [target];
    else if (alias !== undefined && target !== null) draft.aliases[alias] = target;
    else draft.notes.push(`The route ${route}.`);
  }
}

/** Reads claude-code-router's `config.json`. Source: its README. */
export function importClaudeCodeRouter(root: unknown): Draft {
  const draft = newDraft();
  const config = asBlock(root);
  const names = new Map<string, string>();
  for (const entry of asList(config.Providers)) addProvider(entry, draft, names);
  addRoutes(asBlock(config.Router), draft, names);
  const host = asText(config.HOST);
  if (host !== null) draft.server.host = host;
  const port = Number(config.PORT ?? Number.NaN);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) draft.server.port = port;
  const level = asText(config.LOG_LEVEL);
  const ours = level === null ? null : (LEVELS[level] ?? level);
  if (ours !== null && ["debug", "info", "warn", "error"].includes(ours)) draft.others.log = { level: ours };
  if (asText(config.APIKEY) !== null) {
    draft.notes.push("The APIKEY: create keys for your clients with `lodestar keys create`.");
  }
  const left = Object.keys(config).filter((key) => !CARRIED.has(key));
  if (left.length > 0) draft.notes.push(`${left.join(", ")}.`);
  return draft;
}
