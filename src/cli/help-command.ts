import { EXIT_CODES } from "../terminal/exit-code.ts";
import { defineCommand } from "./command.ts";
import { renderRootHelp } from "./help.ts";
import { renderMan } from "./man.ts";
import { loadTree } from "./tree.ts";

export const command = defineCommand({
  meta: {
    name: "help",
    description: "Show all commands, or one with its flags and examples",
    group: "More",
    examples: [
      ["lodestar help costs query", "the same as lodestar costs query --help"],
      ["lodestar help --man > lodestar.1", "the man page"],
    ],
  },
  args: {
    command: { type: "positional", isRepeatable: true, description: "the command, and its subcommand" },
    man: { type: "boolean", description: "print the whole manual as a man page (roff)" },
  },
  async run({ args, terminal, version, commands }) {
    if (args.man) terminal.write(renderMan(await loadTree(commands), version));
    else terminal.out(renderRootHelp(commands, version, terminal.style));
    return EXIT_CODES.ok;
  },
});
