import { shownSettings, showSettings } from "../../config/show.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { defineCommand } from "../command.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { configProblem, loadFor } from "./check.ts";

export const command = defineCommand({
  meta: {
    name: "show",
    description: "Show the configuration file, or what counts after flags, environment, keys and defaults",
    examples: [["lodestar config show --resolved", "every value, and where it was set"]],
    notes: ["No secret is ever shown: a key appears as the place it comes from."],
  },
  args: {
    resolved: { type: "boolean", description: "every value that counts, with its source" },
    ...jsonFlag,
    config: daemonFlags.config,
    stateDir: daemonFlags.stateDir,
  },
  async run({ args, terminal, environment }) {
    const loaded = loadFor(args, environment);
    if (!loaded.ok) return configProblem(loaded.error);
    const { settings } = loaded.value;
    if (args.json) terminal.out(JSON.stringify(shownSettings(settings)));
    else if (args.resolved) terminal.write(showSettings(loaded.value));
    else if (settings.file === null)
      terminal.talk("no configuration file, which is fine; lodestar init writes one, --resolved shows the defaults");
    else terminal.write(await Bun.file(settings.file).text());
    return EXIT_CODES.ok;
  },
});
