import { writeConfigFile } from "../config/edit.ts";
import { INITIAL_CONFIG } from "../config/init.ts";
import { configFiles } from "../config/load.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { failureProblem } from "../terminal/problem.ts";
import { defineCommand } from "./command.ts";
import { daemonFlags } from "./shared-flags.ts";

export const command = defineCommand({
  meta: {
    name: "init",
    description: "Write a commented configuration file; it changes nothing until you edit it",
    group: "Set up",
    examples: [
      ["lodestar init", "in your configuration folder"],
      ["lodestar init --stdout", "only show it"],
    ],
  },
  args: {
    config: daemonFlags.config,
    force: { type: "boolean", description: "replace a file that is there; the old one is kept as .bak" },
    stdout: { type: "boolean", description: "print it instead" },
  },
  async run({ args, terminal, environment }) {
    if (args.stdout) {
      terminal.write(INITIAL_CONFIG);
      return EXIT_CODES.ok;
    }
    const flags = args.config === undefined ? {} : { config: args.config };
    const [file = ""] = configFiles({ flags, environment }).files;
    const old = Bun.file(file);
    if (await old.exists()) {
      if (!args.force)
        return failureProblem("file_exists", `${file} is there already`, "lodestar init --force keeps it as .bak");
      writeConfigFile(`${file}.bak`, await old.text());
    }
    try {
      writeConfigFile(file, INITIAL_CONFIG);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return failureProblem("cannot_write", `${file} cannot be written: ${why}`, "choose another place with --config");
    }
    terminal.out(file);
    terminal.talk("written; edit it, then: lodestar config check");
    return EXIT_CODES.ok;
  },
});
