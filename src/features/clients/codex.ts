import { join } from "node:path";
import type { JsonObject } from "../../core/json.ts";
import { findModel } from "./catalogue.ts";
import { ANY_KEY, type Client, type Entry, KEY_VARIABLE, type Place, type Target } from "./client.ts";

function folderOf(place: Place): string {
  return place.environment.CODEX_HOME ?? join(place.home, ".codex");
}

function providerOf(target: Target, hasKeyVariable: boolean): JsonObject {
  return {
    name: "Lodestar",
    base_url: `${target.baseUrl}/v1`,
    wire_api: "responses",
    // Codex refuses to start where the variable is not set, so it is only named when there is a key.
    ...(hasKeyVariable ? { env_key: KEY_VARIABLE } : {}),
    ...(Object.keys(target.headers).length === 0 ? {} : { http_headers: { ...target.headers } }),
  };
}

function contextOf(target: Target): number | null {
  return findModel(target.models, target.model)?.contextTokens ?? null;
}

function entries(target: Target): readonly Entry[] {
  const context = contextOf(target);
  return [
    ...(target.model === null ? [] : [{ path: ["model"], value: target.model }]),
    ...(context === null ? [] : [{ path: ["model_context_window"], value: context }]),
    { path: ["model_provider"], value: "lodestar" },
    { path: ["model_providers", "lodestar"], value: providerOf(target, target.key !== null), isOurs: true },
  ];
}

function override(key: string, value: string | number): readonly string[] {
  return ["-c", `${key}=${JSON.stringify(value)}`];
}

/**
 * Codex CLI. Source: developers.openai.com/codex/config-reference, tried with 0.169. A project's file may not name a
 * provider, so there is none.
 */
export const codex: Client = {
  id: "codex",
  name: "Codex CLI",
  dialect: "openai-responses",
  program: "codex",
  install: "npm install -g @openai/codex",
  scopes: ["global"],
  trace: folderOf,
  defaultModel: () => "auto",
  files: (target, place) => [
    { path: join(folderOf(place), "config.toml"), format: "toml", entries: entries(target), isSecret: false },
  ],
  notes: (target) =>
    target.key === null ? [] : [`Codex takes the key from ${KEY_VARIABLE}: export it in the shell that starts codex.`],
  launch: (target) => {
    const context = contextOf(target);
    const provider = Object.entries(providerOf(target, true)).filter(([key]) => key !== "http_headers");
    return {
      args: [
        ...(target.model === null ? [] : override("model", target.model)),
        ...(context === null ? [] : override("model_context_window", context)),
        ...override("model_provider", "lodestar"),
        ...provider.flatMap(([key, value]) => override(`model_providers.lodestar.${key}`, String(value))),
        ...Object.entries(target.headers).flatMap(([name, value]) =>
          override(`model_providers.lodestar.http_headers.${name}`, value),
        ),
      ],
      environment: { [KEY_VARIABLE]: target.key ?? ANY_KEY },
      files: [],
    };
  },
};
