import { EXIT_CODES } from "../terminal/exit-code.ts";
import { noUseForTools } from "./box.ts";
import { defineCommand } from "./command.ts";
import { locate, notRunning } from "./connection.ts";
import { toolVariables } from "./own-environment.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";

type Shell = "bash" | "fish" | "pwsh";

function quote(value: string, shell: Shell): string {
  if (shell === "pwsh") return `'${value.replaceAll("'", "''")}'`;
  if (shell === "fish") return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** One assignment in the words of a shell. */
export function exportLine(name: string, value: string, shell: Shell): string {
  if (shell === "fish") return `set -gx ${name} ${quote(value, shell)};`;
  if (shell === "pwsh") return `$env:${name} = ${quote(value, shell)}`;
  return `export ${name}=${quote(value, shell)}`;
}

function shellOf(path: string | undefined): Shell {
  return path?.endsWith("/fish") === true ? "fish" : "bash";
}

export const command = defineCommand({
  meta: {
    name: "env",
    description: "Print the variables that point tools at the daemon, for eval",
    group: "Run",
    examples: [
      ['eval "$(lodestar env)"', "bash and zsh"],
      ["lodestar env --shell fish | source", "fish"],
      ["lodestar env --shell pwsh | Invoke-Expression", "PowerShell"],
    ],
    notes: [
      "LODESTAR_ENV_URL marks the shell, so that Lodestar itself, started from it, ignores the others.",
      "The key is that of LODESTAR_API_KEY; without one it is the word any, which serves while no key was created.",
    ],
  },
  args: {
    shell: { type: "enum", options: ["bash", "fish", "pwsh"], description: "whose syntax (default: that of SHELL)" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const location = await locate(host, args);
    if (!location.ok) return location.error;
    const url = args.url ?? location.value.ready?.apiUrl;
    if (url === undefined) return notRunning(location.value.stateDir);
    const problem = noUseForTools(url);
    if (problem !== null) return problem;
    const base = url.replace(/\/+$/, "").replace(/\/v1$/, "");
    const variables = toolVariables(base, host.environment.LODESTAR_API_KEY ?? "any");
    if (args.json) {
      terminal.out(JSON.stringify(variables));
      return EXIT_CODES.ok;
    }
    const shell = args.shell ?? shellOf(host.environment.SHELL);
    for (const [name, value] of Object.entries(variables)) terminal.out(exportLine(name, value, shell));
    return EXIT_CODES.ok;
  },
});
