import { removeProvider } from "../../config/edit.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { failureProblem } from "../../terminal/problem.ts";
import { defineCommand } from "../command.ts";
import { editConfig } from "../config/edit.ts";
import { daemonFlags, inputsOf } from "../shared-flags.ts";
import { reloadDaemon } from "./call.ts";

export const command = defineCommand({
  meta: {
    name: "remove",
    description: "Forget a provider's stored key and its block in the configuration file",
    notes: ["A key in the environment is not ours to remove: such a provider is found again at the next start."],
  },
  args: { name: { type: "positional", required: true, description: "the provider" }, ...daemonFlags },
  async run({ args, ...host }) {
    const inputs = inputsOf(host, args);
    const changed = await editConfig(inputs, (text, file) => removeProvider(text, file, args.name));
    if (!changed.ok) return changed.error;
    const removed = (await host.backend()).storeKey(inputs, args.name, null);
    if (!removed.ok) return removed.error;
    if (changed.value === null && removed.value === null) {
      const fix = "lodestar provider list shows where each one comes from";
      return failureProblem("provider_not_stored", `neither a stored key nor a block of "${args.name}" was found`, fix);
    }
    const reloaded = await reloadDaemon(host, args);
    if (typeof reloaded === "object") return reloaded;
    if (removed.value !== null) host.terminal.out(`removed the stored key of ${args.name}`);
    if (changed.value !== null) host.terminal.out(`removed ${args.name} from ${changed.value}`);
    return EXIT_CODES.ok;
  },
});
