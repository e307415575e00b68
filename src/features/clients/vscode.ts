import { join } from "node:path";
import type { JsonObject } from "../../core/json.ts";
import type { CatalogueModel } from "./catalogue.ts";
import { ANY_KEY, type Client, type Place, type Target } from "./client.ts";

/** Both limits are required there; these stand in where nobody knows them. */
const LIKELY_INPUT_TOKENS = 32_000;
const LIKELY_OUTPUT_TOKENS = 4_096;

/** The user folder of Visual Studio Code: code.visualstudio.com/docs/configure/settings. */
function folderOf(place: Place): string {
  const { APPDATA, XDG_CONFIG_HOME } = place.environment;
  if (place.platform === "win32") return join(APPDATA ?? join(place.home, "AppData", "Roaming"), "Code", "User");
  if (place.platform === "darwin") return join(place.home, "Library", "Application Support", "Code", "User");
  return join(XDG_CONFIG_HOME ?? join(place.home, ".config"), "Code", "User");
}

function modelOf(model: CatalogueModel, baseUrl: string): JsonObject {
  const output = model.maxOutputTokens ?? LIKELY_OUTPUT_TOKENS;
  const input = model.contextTokens === null ? LIKELY_INPUT_TOKENS : Math.max(1, model.contextTokens - output);
  return {
    id: model.id,
    name: model.id,
    url: `${baseUrl}/v1/chat/completions`,
    toolCalling: model.canUseTools ?? true,
    vision: model.canReadImages ?? false,
    maxInputTokens: input,
    maxOutputTokens: output,
  };
}

function offered(target: Target): readonly CatalogueModel[] {
  const { model, models } = target;
  if (model === null) return models;
  return [...models.filter(({ id }) => id === model), ...models.filter(({ id }) => id !== model)];
}

/**
 * Visual Studio Code's chat: the Custom Endpoint provider of `chatLanguageModels.json`, in stable releases since 1.122,
 * without a GitHub account. Source: code.visualstudio.com/docs/agent-customization/language-models and
 * microsoft/vscode issue 316916.
 */
export const vscode: Client = {
  id: "vscode",
  name: "Visual Studio Code",
  dialect: "openai-chat",
  program: "code",
  install: "see code.visualstudio.com; 1.122 or later",
  scopes: ["global"],
  trace: folderOf,
  defaultModel: () => "auto",
  files: (target, place) => [
    {
      path: join(folderOf(place), "chatLanguageModels.json"),
      format: "jsonc",
      entries: [
        {
          path: [{ key: "name", is: "Lodestar" }],
          value: {
            name: "Lodestar",
            vendor: "customendpoint",
            apiKey: target.key ?? ANY_KEY,
            apiType: "chat-completions",
            models: offered(target).map((model) => modelOf(model, target.baseUrl)),
          },
          isOurs: true,
        },
      ],
      isSecret: target.key !== null,
    },
  ],
  notes: () => [
    "Choose a model under Lodestar in the chat's model picker; VS Code 1.122 or later is needed, and may need a restart.",
  ],
  launch: () => null,
};
