import { join } from "node:path";
import { type AgentPackage, nodeProgram, packageFile, pythonProgram } from "./install.ts";
import type { ScriptedCall, UpstreamDialect } from "./scripted.ts";

/** Where an agent works, and whom it asks. */
export interface Place {
  /** Base URL of the gateway, without a path. */
  readonly gateway: string;
  readonly home: string;
  readonly project: string;
  /** Name of the model at the gateway. */
  readonly model: string;
}

/** A file that an agent's configuration consists of. */
interface AgentFile {
  readonly path: string;
  readonly text: string;
}

/** A real coding agent, and how it is used without a person. */
export interface Agent {
  readonly id: string;
  readonly name: string;
  readonly package: AgentPackage;
  /** What it speaks to the gateway. */
  readonly dialect: UpstreamDialect;
  /** Command line of one task. */
  command(place: Place, task: string): readonly string[];
  /** Its environment, besides a home of its own and the proxy that lets nothing out. */
  environment(place: Place): Readonly<Record<string, string>>;
  files?(place: Place): readonly AgentFile[];
  /** The calls that replace `old` by `new` in a file, one a turn; `tools` are the names that the request offers. */
  edit(file: string, before: string, after: string, tools: readonly string[]): readonly ScriptedCall[];
  /** For an agent that edits by what the model writes instead of by tools: the text. */
  editText?(name: string, before: string, after: string): string;
  /** It runs a call as soon as its arguments are whole, whatever comes after them in the answer. */
  readonly runsCallsEarly?: true;
  /** It asks for a title of the conversation beside its first turn, before or after it. */
  readonly asksForTitle?: true;
  /** It asks the gateway for its models by itself. */
  readonly asksForModels?: true;
  /** What it says to people when the account has nothing left, where it puts that in words of its own. */
  readonly refusalWords?: RegExp;
}

const npm = (name: string, version: string): AgentPackage => ({ registry: "npm", name, version });

const CLAUDE = npm("@anthropic-ai/claude-code", "2.1.330");
const CODEX = npm("@openai/codex", "0.169.0");
const OPENCODE = npm("opencode-ai", "1.18.33");
const GEMINI = npm("@google/gemini-cli", "0.61.0");
const QWEN = npm("@qwen-code/qwen-code", "0.24.4");
const PI = npm("@mariozechner/pi-coding-agent", "0.73.1");
const AIDER: AgentPackage = { registry: "pypi", name: "aider-chat", version: "0.86.2" };

const PLATFORM = `${process.platform}-${process.arch}`;

const claude: Agent = {
  id: "claude",
  name: "Claude Code",
  package: CLAUDE,
  dialect: "anthropic",
  asksForModels: true,
  command: ({ model }, task) => [
    packageFile(CLAUDE, `@anthropic-ai/claude-code-${PLATFORM}`, "claude"),
    ...["-p", task, "--model", model, "--allowedTools", "Read,Edit"],
  ],
  environment: ({ gateway, model }) => ({
    ANTHROPIC_BASE_URL: gateway,
    ANTHROPIC_AUTH_TOKEN: "any",
    ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: "1",
    DISABLE_AUTOUPDATER: "1",
    DISABLE_TELEMETRY: "1",
  }),
  edit: (file, before, after) => [
    { name: "Read", input: { file_path: file } },
    { name: "Edit", input: { file_path: file, old_string: before, new_string: after } },
  ],
};

const codex: Agent = {
  id: "codex",
  name: "Codex CLI",
  package: CODEX,
  dialect: "openai-responses",
  refusalWords: /Quota exceeded/,
  command: ({ model }, task) => [
    nodeProgram(),
    packageFile(CODEX, "@openai/codex/bin/codex.js"),
    ...["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "-m", model, task],
  ],
  environment: ({ home }) => ({ CODEX_HOME: join(home, ".codex"), ANY_KEY: "any" }),
  files: ({ gateway, home }) => [
    {
      path: join(home, ".codex/config.toml"),
      text: `
model_provider = "lodestar"
check_for_update_on_startup = false
[model_providers.lodestar]
name = "Lodestar"
base_url = "${gateway}/v1"
env_key = "ANY_KEY"
wire_api = "responses"
[analytics]
enabled = false
[feedback]
enabled = false
`,
    },
  ],
  edit: (file, before, after, tools) => {
    const patch = `*** Begin Patch\n*** Update File: ${file}\n@@\n-${before}\n+${after}\n*** End Patch\n`;
    if (tools.includes("apply_patch")) return [{ name: "apply_patch", input: patch }];
    const command = `printf '%s\\n' '${after}' > '${file}'`;
    return tools.includes("exec_command")
      ? [{ name: "exec_command", input: { cmd: command } }]
      : [{ name: "shell", input: { command: ["sh", "-c", command] } }];
  },
};

const opencode: Agent = {
  id: "opencode",
  name: "opencode",
  package: OPENCODE,
  dialect: "openai-chat",
  runsCallsEarly: true,
  asksForTitle: true,
  command: ({ model }, task) => [
    packageFile(OPENCODE, `opencode-${PLATFORM}`, "bin/opencode"),
    ...["run", "--auto", "-m", `lodestar/${model}`, task],
  ],
  environment: ({ gateway, model }) => ({
    OPENCODE_DISABLE_AUTOUPDATE: "1",
    OPENCODE_DISABLE_MODELS_FETCH: "1",
    OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
    OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
    OPENCODE_CONFIG_CONTENT: JSON.stringify({
      autoupdate: false,
      share: "disabled",
      permission: "allow",
      provider: {
        lodestar: {
          npm: "@ai-sdk/openai-compatible",
          options: { baseURL: `${gateway}/v1`, apiKey: "any" },
          models: { [model]: { name: model } },
        },
      },
    }),
  }),
  edit: (file, before, after) => [
    { name: "read", input: { filePath: file } },
    { name: "edit", input: { filePath: file, oldString: before, newString: after } },
  ],
};

const gemini: Agent = {
  id: "gemini",
  name: "Gemini CLI",
  package: GEMINI,
  dialect: "gemini",
  refusalWords: /exhausted your daily quota/,
  command: ({ model }, task) => [
    nodeProgram(),
    packageFile(GEMINI, "@google/gemini-cli/bundle/gemini.js"),
    ...["--skip-trust", "--approval-mode", "yolo", "-m", model, "-p", task],
  ],
  environment: ({ gateway }) => ({ GOOGLE_GEMINI_BASE_URL: gateway, GEMINI_API_KEY: "any" }),
  files: ({ home }) => [
    {
      path: join(home, ".gemini/settings.json"),
      text: JSON.stringify({
        general: { disableAutoUpdate: true, disableUpdateNag: true, enableAutoUpdate: false },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
        security: { auth: { selectedType: "gemini-api-key" } },
      }),
    },
  ],
  edit: (file, before, after) => [
    {
      name: "replace",
      input: { file_path: file, instruction: "Change the greeting.", old_string: before, new_string: after },
    },
  ],
};

const qwen: Agent = {
  id: "qwen",
  name: "Qwen Code",
  package: QWEN,
  dialect: "openai-chat",
  command: ({ model }, task) => [
    nodeProgram(),
    packageFile(QWEN, "@qwen-code/qwen-code/cli-entry.js"),
    ...["--approval-mode", "yolo", "--auth-type", "openai", "-m", model, "-p", task],
  ],
  environment: ({ gateway }) => ({ OPENAI_BASE_URL: `${gateway}/v1`, OPENAI_API_KEY: "any" }),
  files: ({ home }) => [
    {
      path: join(home, ".qwen/settings.json"),
      text: JSON.stringify({
        general: { disableAutoUpdate: true, enableAutoUpdate: false },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
        security: { auth: { selectedType: "openai" } },
      }),
    },
  ],
  edit: (file, before, after) => [
    { name: "read_file", input: { file_path: file } },
    { name: "edit", input: { file_path: file, old_string: before, new_string: after } },
  ],
};

const pi: Agent = {
  id: "pi",
  name: "pi",
  package: PI,
  dialect: "openai-chat",
  command: ({ model }, task) => [
    nodeProgram(),
    packageFile(PI, "@mariozechner/pi-coding-agent/dist/cli.js"),
    ...["--no-session", "--provider", "lodestar", "--model", model, "-p", task],
  ],
  environment: () => ({ PI_OFFLINE: "1", PI_TELEMETRY: "0" }),
  files: ({ home, gateway, model }) => [
    {
      path: join(home, ".pi/agent/models.json"),
      text: JSON.stringify({
        providers: {
          lodestar: {
            baseUrl: `${gateway}/v1`,
            api: "openai-completions",
            apiKey: "any",
            headers: { "x-lodestar-client": "pi" },
            models: [{ id: model, contextWindow: 128_000, maxTokens: 8_000 }],
          },
        },
      }),
    },
  ],
  edit: (file, before, after) => [
    { name: "edit", input: { path: file, edits: [{ oldText: before, newText: after }] } },
  ],
};

function aiderSettings(home: string): string {
  return join(home, "aider.settings.yml");
}

const aider: Agent = {
  id: "aider",
  name: "Aider",
  package: AIDER,
  dialect: "openai-chat",
  command: ({ home, model }, task) => [
    pythonProgram(AIDER, "aider"),
    ...["--model", `openai/${model}`, "--weak-model", `openai/${model}`, "--edit-format", "diff", "--map-tokens", "0"],
    ...["--yes-always", "--no-git", "--no-show-model-warnings", "--no-check-update", "--analytics-disable"],
    ...["--no-show-release-notes", "--no-detect-urls", "--no-pretty", "--no-suggest-shell-commands"],
    ...["--model-settings-file", aiderSettings(home), "greeting.txt", "--message", task],
  ],
  environment: ({ gateway }) => ({ OPENAI_API_BASE: `${gateway}/v1`, OPENAI_API_KEY: "any", COLUMNS: "200" }),
  files: ({ home, model }) => [
    {
      path: aiderSettings(home),
      text: JSON.stringify([
        { name: `openai/${model}`, extra_params: { extra_headers: { "x-lodestar-client": "aider" } } },
      ]),
    },
  ],
  edit: () => [],
  editText: (name, before, after) =>
    `${name}\n\`\`\`\n<<<<<<< SEARCH\n${before}\n=======\n${after}\n>>>>>>> REPLACE\n\`\`\`\n`,
};

/** Every agent that the suite knows. */
export const AGENTS: readonly Agent[] = [claude, codex, opencode, gemini, qwen, pi, aider];
