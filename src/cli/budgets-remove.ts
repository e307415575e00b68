import { removeBudget } from "../config/edit.ts";
import { loadSettings } from "../config/load.ts";
import { didYouMean } from "../core/suggest.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { failureProblem } from "../terminal/problem.ts";
import { defineCommand } from "./command.ts";
import { configProblem } from "./config/check.ts";
import { editConfig, ownConfigFile } from "./config/edit.ts";
import { reloadDaemon } from "./provider/call.ts";
import { daemonFlags, inputsOf } from "./shared-flags.ts";

export const command = defineCommand({
  meta: {
    name: "remove",
    description: "Take a budget out of the configuration file",
    examples: [["lodestar budgets remove day:project:web", "by its id, as `lodestar budgets` shows it"]],
    notes: ["A budget that a key carries is removed with `lodestar keys limit NAME --budget none`."],
  },
  args: { id: { type: "positional", required: true, description: "the budget" }, ...daemonFlags },
  async run({ args, ...host }) {
    const inputs = inputsOf(host, args);
    const loaded = loadSettings({ flags: inputs.flags, environment: inputs.environment });
    if (!loaded.ok) return configProblem(loaded.error);
    const { budgets } = loaded.value.settings;
    const budget = budgets.find(({ id }) => id === args.id);
    if (budget === undefined) {
      const hint = didYouMean(
        args.id,
        budgets.map(({ id }) => id),
      );
      const fix = "lodestar budgets shows them; those of keys: lodestar keys limit NAME --budget none";
      return failureProblem("budget_not_found", `no budget "${args.id}" is in the configuration.${hint}`, fix);
    }
    const { scope, name, period } = budget;
    const block = { scope, period, ...(name === null ? {} : { name }) };
    const changed = await editConfig(inputs, (text, file) => removeBudget(text, file, block));
    if (!changed.ok) return changed.error;
    if (changed.value === null) {
      const where = loaded.value.sourceOf(["budgets"]);
      const message = `"${args.id}" is set in ${where}, not in ${ownConfigFile(inputs)}`;
      return failureProblem("budget_elsewhere", message, "take it out there");
    }
    const reloaded = await reloadDaemon(host, args);
    if (typeof reloaded === "object") return reloaded;
    host.terminal.out(`removed ${args.id} from ${changed.value}`);
    return EXIT_CODES.ok;
  },
});
