import { join } from "node:path";
import type { JsonObject } from "../../core/json.ts";
import { ANY_KEY, type Client, type Entry, KEY_VARIABLE, type Place, type Target } from "./client.ts";

const DEFAULT_MODEL = "auto";

function folderOf(place: Place): string {
  return place.environment.QWEN_HOME ?? join(place.home, ".qwen");
}

function labelOf(model: string): string {
  return `${model} (Lodestar)`;
}

function providerOf(target: Target, model: string): JsonObject {
  return {
    id: model,
    name: labelOf(model),
    baseUrl: `${target.baseUrl}/v1`,
    envKey: KEY_VARIABLE,
    ...(Object.keys(target.headers).length === 0 ? {} : { generationConfig: { customHeaders: { ...target.headers } } }),
  };
}

function entries(target: Target): readonly Entry[] {
  const model = target.model ?? DEFAULT_MODEL;
  return [
    {
      path: ["modelProviders", "openai", { key: "name", is: labelOf(model) }],
      value: providerOf(target, model),
      isOurs: true,
    },
    { path: ["env", KEY_VARIABLE], value: target.key ?? ANY_KEY },
    { path: ["security", "auth", "selectedType"], value: "openai" },
    { path: ["model", "name"], value: model },
  ];
}

/** Qwen Code. Source: its `docs/configuration/auth.md` and `model-providers.md`, tried with 0.24; they advise against providers in a project's file. */
export const qwen: Client = {
  id: "qwen",
  name: "Qwen Code",
  dialect: "openai-chat",
  program: "qwen",
  install: "npm install -g @qwen-code/qwen-code",
  scopes: ["global"],
  trace: folderOf,
  defaultModel: () => DEFAULT_MODEL,
  files: (target, place) => [
    {
      path: join(folderOf(place), "settings.json"),
      format: "jsonc",
      entries: entries(target),
      isSecret: target.key !== null,
    },
  ],
  notes: () => [],
  // Its system file wins over the user's, and the user's other settings stay in force.
  launch: (target, _place, folder) => {
    const model = target.model ?? DEFAULT_MODEL;
    const settings = {
      modelProviders: { openai: [providerOf(target, model)] },
      security: { auth: { selectedType: "openai" } },
      model: { name: model },
    };
    return {
      args: [],
      environment: {
        QWEN_CODE_SYSTEM_SETTINGS_PATH: join(folder, "settings.json"),
        [KEY_VARIABLE]: target.key ?? ANY_KEY,
      },
      files: [{ name: "settings.json", text: JSON.stringify(settings, null, 2) }],
    };
  },
};
