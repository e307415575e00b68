import { join } from "node:path";
import { stringify } from "yaml";
import type { JsonObject } from "../../core/json.ts";
import { findModel } from "./catalogue.ts";
import { ANY_KEY, type Client, type Place, type Target } from "./client.ts";

/** What every config.yaml starts with. */
const HEAD = { name: "Local config", version: "1.0.0", schema: "v1" } as const;

function folderOf(place: Place): string {
  return place.environment.CONTINUE_GLOBAL_DIR ?? join(place.home, ".continue");
}

function modelOf(target: Target): JsonObject {
  const model = target.model ?? "auto";
  const context = findModel(target.models, model)?.contextTokens ?? null;
  return {
    name: "Lodestar",
    provider: "openai",
    model,
    apiBase: `${target.baseUrl}/v1`,
    apiKey: target.key ?? ANY_KEY,
    roles: ["chat", "edit", "apply"],
    // Without this Continue offers its agent mode only for names that it knows.
    capabilities: ["tool_use"],
    ...(context === null ? {} : { defaultCompletionOptions: { contextLength: context } }),
    ...(Object.keys(target.headers).length === 0 ? {} : { requestOptions: { headers: { ...target.headers } } }),
  };
}

/** Continue, in editors and as `cn`. Source: docs.continue.dev/reference, tried with `cn` 1.5. */
export const continueDev: Client = {
  id: "continue",
  name: "Continue",
  dialect: "openai-chat",
  program: "cn",
  install: "npm install -g @continuedev/cli",
  scopes: ["global"],
  trace: folderOf,
  defaultModel: () => "auto",
  files: (target, place) => [
    {
      path: join(folderOf(place), "config.yaml"),
      format: "yaml",
      entries: [
        ...Object.entries(HEAD).map(([key, value]) => ({ path: [key], value, isDefault: true as const })),
        { path: ["models", { key: "name", is: "Lodestar" }], value: modelOf(target), isOurs: true },
      ],
      isSecret: target.key !== null,
    },
  ],
  notes: () => ['Choose the model "Lodestar" in Continue.'],
  launch: (target, _place, folder) => ({
    args: ["--config", join(folder, "config.yaml")],
    environment: {},
    files: [{ name: "config.yaml", text: stringify({ ...HEAD, models: [modelOf(target)] }) }],
  }),
};
