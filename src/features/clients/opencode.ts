import { join } from "node:path";
import type { JsonObject } from "../../core/json.ts";
import { type CatalogueModel, perMillion } from "./catalogue.ts";
import { ANY_KEY, type Client, KEY_VARIABLE, type Place, type Target } from "./client.ts";

const SCHEMA = "https://opencode.ai/config.json";

function folderOf(place: Place): string {
  const config = place.environment.XDG_CONFIG_HOME ?? join(place.home, ".config");
  return join(config, "opencode");
}

/** Source: opencode.ai/config.json; costs are USD per million tokens, and a limit needs both of its numbers. */
function modelOf(model: CatalogueModel): JsonObject {
  const { contextTokens: context, maxOutputTokens: output, inputUsd, outputUsd } = model;
  return {
    name: model.id,
    ...(context === null ? {} : { limit: { context, output: output ?? Math.min(context, 8_192) } }),
    ...(inputUsd === null || outputUsd === null
      ? {}
      : { cost: { input: perMillion(inputUsd), output: perMillion(outputUsd) } }),
    ...(model.canUseTools === null ? {} : { tool_call: model.canUseTools }),
    ...(model.canReason === null ? {} : { reasoning: model.canReason }),
    ...(model.canReadImages === true
      ? { attachment: true, modalities: { input: ["text", "image"], output: ["text"] } }
      : {}),
  };
}

function providerOf(target: Target): JsonObject {
  return {
    npm: "@ai-sdk/openai-compatible",
    name: "Lodestar",
    options: {
      baseURL: `${target.baseUrl}/v1`,
      apiKey: target.key === null ? ANY_KEY : `{env:${KEY_VARIABLE}}`,
      ...(Object.keys(target.headers).length === 0 ? {} : { headers: { ...target.headers } }),
    },
    models: Object.fromEntries(target.models.map((model) => [model.id, modelOf(model)])),
  };
}

/** The calls for titles need no dear model. */
function names(target: Target): Readonly<Record<string, string>> {
  return {
    ...(target.model === null ? {} : { model: `lodestar/${target.model}` }),
    ...(target.models.some(({ id }) => id === "free") ? { small_model: "lodestar/free" } : {}),
  };
}

/** opencode. Source: opencode.ai/docs/config and /providers, tried with 1.18. */
export const opencode: Client = {
  id: "opencode",
  name: "opencode",
  dialect: "openai-chat",
  program: "opencode",
  install: "npm install -g opencode-ai",
  scopes: ["global", "project"],
  trace: folderOf,
  defaultModel: () => "auto",
  files: (target, place, scope, exists) => {
    const folder = scope === "global" ? folderOf(place) : place.cwd;
    const commented = join(folder, "opencode.jsonc");
    return [
      {
        path: exists(commented) ? commented : join(folder, "opencode.json"),
        format: "jsonc",
        entries: [
          { path: ["$schema"], value: SCHEMA, isDefault: true },
          { path: ["provider", "lodestar"], value: providerOf(target), isOurs: true },
          ...Object.entries(names(target)).map(([name, value]) => ({ path: [name], value })),
        ],
        isSecret: false,
      },
    ];
  },
  notes: (target) =>
    target.key === null ? [] : [`opencode takes the key from ${KEY_VARIABLE}: export it in the shell that starts it.`],
  launch: (target) => ({
    args: [],
    environment: {
      OPENCODE_CONFIG_CONTENT: JSON.stringify({ provider: { lodestar: providerOf(target) }, ...names(target) }),
      [KEY_VARIABLE]: target.key ?? ANY_KEY,
    },
    files: [],
  }),
};
