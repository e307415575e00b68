import { removeProvider, writeConfigFile } from "../config/edit.ts";
import { configFiles } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { failure, type Result, success } from "../core/result.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { type CliProblem, failureProblem } from "../terminal/problem.ts";
import type { BackendInputs } from "./backend.ts";
import { defineCommand } from "./command.ts";
import { reloadDaemon } from "./provider-call.ts";
import { daemonFlags, inputsOf } from "./shared-flags.ts";

/** Takes a provider's block out of the configuration file; tells which file changed, or null. */
async function removeBlock(name: string, inputs: BackendInputs): Promise<Result<string | null, CliProblem>> {
  const { config } = inputs.flags;
  const { files } = configFiles({ flags: config === undefined ? {} : { config }, environment: inputs.environment });
  const [file = ""] = files;
  if (!(await Bun.file(file).exists())) return success(null);
  const before = await Bun.file(file).text();
  const edited = removeProvider(before, file, name);
  if (!edited.ok) {
    const message = edited.error.map(formatProblem).join("\n");
    return failure({ code: "config_invalid", message, exitCode: EXIT_CODES.config });
  }
  if (edited.value === before || !before.includes(name)) return success(null);
  writeConfigFile(file, edited.value);
  return success(file);
}

export const command = defineCommand({
  meta: {
    name: "remove",
    description: "Forget a provider's stored key and its block in the configuration file",
    notes: ["A key in the environment is not ours to remove: such a provider is found again at the next start."],
  },
  args: { name: { type: "positional", required: true, description: "the provider" }, ...daemonFlags },
  async run({ args, ...host }) {
    const inputs = inputsOf(host, args);
    const changed = await removeBlock(args.name, inputs);
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
