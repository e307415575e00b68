import { join } from "node:path";
import { findModel } from "./catalogue.ts";
import { ANY_KEY, type Client, type Place, type Target } from "./client.ts";

/** Header lines as `ANTHROPIC_CUSTOM_HEADERS` wants them. */
function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
}

/** Every name under which Claude Code asks, so that its small calls go where the large ones go. */
function modelVariables(target: Target): Readonly<Record<string, string>> {
  const { model } = target;
  if (model === null) return {};
  const context = findModel(target.models, model)?.contextTokens ?? null;
  return {
    ANTHROPIC_MODEL: model,
    ANTHROPIC_DEFAULT_OPUS_MODEL: model,
    ANTHROPIC_DEFAULT_SONNET_MODEL: model,
    ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
    // Of a model it does not know, Claude Code assumes a window of a million tokens.
    ...(context === null ? {} : { CLAUDE_CODE_MAX_CONTEXT_TOKENS: String(context) }),
  };
}

function variables(target: Target): Readonly<Record<string, string>> {
  const headers = headerLines(target.headers);
  return {
    ANTHROPIC_BASE_URL: target.baseUrl,
    ANTHROPIC_AUTH_TOKEN: target.key ?? ANY_KEY,
    CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: "1",
    ...(headers === "" ? {} : { ANTHROPIC_CUSTOM_HEADERS: headers }),
    ...modelVariables(target),
  };
}

function folderOf(place: Place): string {
  return place.environment.CLAUDE_CONFIG_DIR ?? join(place.home, ".claude");
}

/**
 * Claude Code. Source: code.claude.com/docs/en/llm-gateway and /settings, and the variables in 2.1.330. The project file
 * is the personal one, which is not committed.
 */
export const claude: Client = {
  id: "claude",
  name: "Claude Code",
  dialect: "anthropic",
  program: "claude",
  install: "npm install -g @anthropic-ai/claude-code",
  scopes: ["global", "project"],
  trace: folderOf,
  defaultModel: (models) => (models.some(({ id }) => id.startsWith("anthropic/")) ? null : "auto"),
  files: (target, place, scope) => [
    {
      path:
        scope === "global" ? join(folderOf(place), "settings.json") : join(place.cwd, ".claude", "settings.local.json"),
      format: "jsonc",
      entries: Object.entries(variables(target)).map(([name, value]) => ({ path: ["env", name], value })),
      isSecret: target.key !== null,
    },
  ],
  notes: () => [
    "Unset ANTHROPIC_API_KEY where it is set: Claude Code would send both keys.",
    "A running Claude Code reads its settings when it starts.",
  ],
  // Settings on the command line win over every file, which variables alone do not.
  launch: (target, _place, folder) => ({
    args: ["--settings", join(folder, "settings.json")],
    environment: { ...variables(target), ANTHROPIC_API_KEY: null },
    files: [{ name: "settings.json", text: JSON.stringify({ env: variables(target) }, null, 2) }],
  }),
};
