import { join } from "node:path";
import type { JsonObject } from "../../core/json.ts";
import { ANY_KEY, type Client, type Place, type Target } from "./client.ts";

const PROVIDER = "openai-compatible";

function dataFolder(place: Place): string {
  const { CLINE_DATA_DIR, CLINE_DIR } = place.environment;
  return CLINE_DATA_DIR ?? join(CLINE_DIR ?? join(place.home, ".cline"), "data");
}

function pathOf(place: Place): string {
  return place.environment.CLINE_PROVIDER_SETTINGS_PATH ?? join(dataFolder(place), "settings", "providers.json");
}

/** Source: what `cline auth --provider openai-compatible` of 3.0 writes. */
function providerOf(target: Target): JsonObject {
  return {
    settings: {
      provider: PROVIDER,
      apiKey: target.key ?? ANY_KEY,
      model: target.model ?? "auto",
      baseUrl: `${target.baseUrl}/v1`,
      ...(Object.keys(target.headers).length === 0 ? {} : { headers: { ...target.headers } }),
    },
    updatedAt: target.since,
    tokenSource: "manual",
  };
}

/** Cline, its command line. */
export const cline: Client = {
  id: "cline",
  name: "Cline",
  dialect: "openai-chat",
  program: "cline",
  install: "npm install -g cline",
  scopes: ["global"],
  trace: dataFolder,
  defaultModel: () => "auto",
  files: (target, place) => [
    {
      path: pathOf(place),
      format: "jsonc",
      entries: [
        { path: ["version"], value: 1, isDefault: true },
        { path: ["lastUsedProvider"], value: PROVIDER },
        { path: ["modes"], value: {}, isDefault: true },
        { path: ["providers", PROVIDER], value: providerOf(target) },
      ],
      isSecret: target.key !== null,
    },
  ],
  notes: (target) => [
    `The editor extension keeps its keys in the editor: choose "OpenAI Compatible" there and enter ${target.baseUrl}/v1.`,
  ],
  launch: (target, _place, folder) => ({
    args: [],
    environment: {
      CLINE_PROVIDER_SETTINGS_PATH: join(folder, "providers.json"),
      // Else Cline starts a hub that outlives it and keeps these settings.
      CLINE_SESSION_BACKEND_MODE: "local",
    },
    files: [
      {
        name: "providers.json",
        text: JSON.stringify(
          { version: 1, lastUsedProvider: PROVIDER, modes: {}, providers: { [PROVIDER]: providerOf(target) } },
          null,
          2,
        ),
      },
    ],
  }),
};
