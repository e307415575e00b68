import { join } from "node:path";
import { stringify } from "yaml";
import type { JsonObject } from "../../core/json.ts";
import type { CatalogueModel } from "./catalogue.ts";
import { ANY_KEY, type Client, type Entry, type Target } from "./client.ts";

/** Aider asks through LiteLLM, where `openai/` means the OpenAI dialect at the base URL. */
function nameOf(model: string): string {
  return `openai/${model}`;
}

/** What Aider needs for its own cost line. Source: LiteLLM's model_prices_and_context_window.json, whose keys these are. */
function metadataOf(model: CatalogueModel): JsonObject {
  const { contextTokens, maxOutputTokens, inputUsd, outputUsd } = model;
  return {
    ...(contextTokens === null
      ? {}
      : { max_tokens: maxOutputTokens ?? contextTokens, max_input_tokens: contextTokens }),
    ...(maxOutputTokens === null ? {} : { max_output_tokens: maxOutputTokens }),
    ...(inputUsd === null ? {} : { input_cost_per_token: inputUsd }),
    ...(outputUsd === null ? {} : { output_cost_per_token: outputUsd }),
    litellm_provider: "openai",
    mode: "chat",
  };
}

/** Aider passes for OpenAI's SDK, but repeats what it is told not to: the gateway has to know it (adr/0018). */
const SELF = { "x-lodestar-client": "aider" };

function isFree(model: CatalogueModel): boolean {
  return model.inputUsd === 0 && model.outputUsd === 0;
}

/**
 * Aider takes a name it does not know for a weak model and has it write whole files. Names that stand for a choice, and
 * the one asked for, get settings of their own: small local models write whole files, the others diffs.
 */
function settingsOf(model: CatalogueModel, headers: Readonly<Record<string, string>>): JsonObject {
  const isWeak = isFree(model);
  return {
    name: nameOf(model.id),
    edit_format: isWeak ? "whole" : "diff",
    use_repo_map: !isWeak,
    extra_params: { extra_headers: { ...SELF, ...headers } },
  };
}

/** A pseudo-model whose parameters go along with every model, also one that the user chooses later (Aider's advanced model settings). */
function settingsOfAll(headers: Readonly<Record<string, string>>): readonly JsonObject[] {
  return [{ name: "aider/extra_params", extra_params: { extra_headers: { ...SELF, ...headers } } }];
}

function needSettings(target: Target): readonly CatalogueModel[] {
  return target.models.filter(({ id }) => id === target.model || !id.includes("/"));
}

function configEntries(target: Target): readonly Entry[] {
  return [
    ...(target.model === null ? [] : [{ path: ["model"], value: nameOf(target.model) }]),
    { path: ["openai-api-base"], value: `${target.baseUrl}/v1` },
    { path: ["openai-api-key"], value: target.key ?? ANY_KEY },
  ];
}

function metadata(target: Target): readonly (readonly [string, JsonObject])[] {
  return target.models.map((model) => [nameOf(model.id), metadataOf(model)] as const);
}

/** Aider. Source of the files and their search path: `aider/main.py` and `args.py` of 0.86. */
export const aider: Client = {
  id: "aider",
  name: "Aider",
  dialect: "openai-chat",
  program: "aider",
  install: "uv tool install aider-chat",
  scopes: ["global", "project"],
  trace: ({ home }) => join(home, ".aider"),
  defaultModel: () => "auto",
  files: (target, place, scope) => {
    const folder = scope === "global" ? place.home : place.cwd;
    return [
      {
        path: join(folder, ".aider.conf.yml"),
        format: "yaml",
        entries: configEntries(target),
        isSecret: target.key !== null,
      },
      {
        path: join(folder, ".aider.model.metadata.json"),
        format: "jsonc",
        entries: metadata(target).map(([name, value]) => ({ path: [name], value, isOurs: true })),
        isSecret: false,
      },
      {
        path: join(folder, ".aider.model.settings.yml"),
        format: "yaml",
        entries: needSettings(target).map((model) => ({
          path: [{ key: "name", is: nameOf(model.id) }],
          value: settingsOf(model, target.headers),
          isOurs: true,
        })),
        isSecret: false,
      },
    ];
  },
  notes: () => [
    "Aider's own cost line uses the prices written here; run setup again when prices or models change. `lodestar costs` has the exact sums.",
  ],
  launch: (target, _place, folder) => ({
    args: [
      ...(target.model === null ? [] : ["--model", nameOf(target.model)]),
      ...["--model-metadata-file", join(folder, "metadata.json")],
      ...["--model-settings-file", join(folder, "settings.yml")],
    ],
    environment: {
      AIDER_OPENAI_API_BASE: `${target.baseUrl}/v1`,
      AIDER_OPENAI_API_KEY: target.key ?? ANY_KEY,
      OPENAI_API_BASE: `${target.baseUrl}/v1`,
      OPENAI_API_KEY: target.key ?? ANY_KEY,
    },
    files: [
      { name: "metadata.json", text: JSON.stringify(Object.fromEntries(metadata(target)), null, 2) },
      {
        name: "settings.yml",
        text: stringify([
          ...needSettings(target).map((model) => settingsOf(model, target.headers)),
          ...settingsOfAll(target.headers),
        ]),
      },
    ],
  }),
};
