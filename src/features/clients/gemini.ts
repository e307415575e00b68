import { join } from "node:path";
import type { CatalogueModel } from "./catalogue.ts";
import { ANY_KEY, type Client, type Entry, type Place, type Target } from "./client.ts";
import { writeEntries } from "./edit.ts";
import { FORMATS } from "./formats/formats.ts";

function folderOf(place: Place): string {
  return join(place.environment.GEMINI_CLI_HOME ?? place.home, ".gemini");
}

/** `gateway` is a type of its own, but Gemini CLI 0.61 refuses it in its own check; a key with a base URL is the way that works. */
function settingsEntries(target: Target): readonly Entry[] {
  return [
    { path: ["security", "auth", "selectedType"], value: "gemini-api-key" },
    ...(target.model === null ? [] : [{ path: ["model", "name"], value: target.model }]),
  ];
}

function variables(target: Target): Readonly<Record<string, string>> {
  const headers = Object.entries(target.headers).map(([name, value]) => `${name}: ${value}`);
  return {
    GOOGLE_GEMINI_BASE_URL: target.baseUrl,
    GEMINI_API_KEY: target.key ?? ANY_KEY,
    ...(headers.length === 0 ? {} : { GEMINI_CLI_CUSTOM_HEADERS: headers.join(", ") }),
  };
}

/** Google's own where it is configured, else the nearest to `auto`, which is a name of its own here. */
function defaultModel(models: readonly CatalogueModel[]): string | null {
  if (models.some(({ id }) => id.startsWith("google/"))) return null;
  const hasFree = models.some(({ id, inputUsd, outputUsd }) => id.includes("/") && inputUsd === 0 && outputUsd === 0);
  return hasFree ? "free" : "cheap";
}

/** The user's settings with ours in them; only ours where theirs cannot be read. */
function launchSettings(text: string | null, target: Target): string {
  const entries = settingsEntries(target);
  const edited = writeEntries(text ?? "", FORMATS.jsonc, entries);
  const fresh = edited.ok ? edited : writeEntries("", FORMATS.jsonc, entries);
  return fresh.ok ? fresh.value.text : "{}\n";
}

/** Gemini CLI. Source: `docs/reference/configuration.md` and the code of 0.61: the base URL is a variable, the way to sign in a setting. */
export const gemini: Client = {
  id: "gemini",
  name: "Gemini CLI",
  dialect: "gemini",
  program: "gemini",
  install: "npm install -g @google/gemini-cli",
  scopes: ["global", "project"],
  trace: folderOf,
  ownNames: ["auto", "pro", "flash", "flash-lite"],
  defaultModel,
  files: (target, place, scope) => {
    const folder = scope === "global" ? folderOf(place) : join(place.cwd, ".gemini");
    return [
      { path: join(folder, "settings.json"), format: "jsonc", entries: settingsEntries(target), isSecret: false },
      {
        path: join(folder, ".env"),
        format: "dotenv",
        entries: Object.entries(variables(target)).map(([name, value]) => ({ path: [name], value })),
        isSecret: target.key !== null,
      },
    ];
  },
  notes: () => [
    "Gemini CLI reads only the nearest .env, and none in a folder it does not trust: a project's own .env hides this one. `lodestar launch gemini` is free of that.",
  ],
  launch: (target, place, folder, read) => ({
    args: [],
    environment: { ...variables(target), GEMINI_CLI_HOME: folder, GOOGLE_GENAI_USE_VERTEXAI: null },
    files: [
      { name: ".gemini/settings.json", text: launchSettings(read(join(folderOf(place), "settings.json")), target) },
    ],
    mirror: { from: folderOf(place), name: ".gemini" },
  }),
};
