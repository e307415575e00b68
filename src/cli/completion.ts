import { EXIT_CODES } from "../terminal/exit-code.ts";
import { usageProblem } from "../terminal/problem.ts";
import { defineCommand } from "./command.ts";
import { bashCompletion, fishCompletion, zshCompletion } from "./completion-scripts.ts";
import { loadTree } from "./tree.ts";

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export const command = defineCommand({
  meta: {
    name: "completion",
    description: "Print the completion script of a shell",
    group: "More",
    examples: [
      ["source <(lodestar completion bash)", "bash; the same with zsh"],
      ["lodestar completion fish | source", "fish"],
    ],
  },
  args: { shell: { type: "positional", required: true, description: "bash, zsh or fish" } },
  async run({ args, terminal, commands }) {
    const shell = (["bash", "zsh", "fish"] as const).find((name) => name === args.shell);
    if (shell === undefined) {
      return usageProblem(
        "unknown_shell",
        `there is no completion for "${args.shell}"`,
        "lodestar completion bash, zsh or fish",
      );
    }
    terminal.write(SCRIPTS[shell](await loadTree(commands)));
    return EXIT_CODES.ok;
  },
});
