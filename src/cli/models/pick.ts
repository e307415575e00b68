import type { NewName } from "../../config/edit-names.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import { type CliHost, defineCommand } from "../command.ts";
import { canShowLive } from "../live-screen.ts";
import { type DaemonArgs, daemonFlags, jsonFlag } from "../shared-flags.ts";
import { type Choice, choicesOf, search } from "./choices.ts";
import { nothingPicked } from "./pick-for.ts";
import { pickModels } from "./picker.ts";
import { writeName } from "./set-name.ts";

interface Args extends DaemonArgs {
  readonly words: readonly string[];
  readonly alias?: string | undefined;
  readonly default: boolean;
  readonly own: boolean;
  readonly json: boolean;
}

/** What fits the words best, where nobody can choose. */
function bestOf(choices: readonly Choice[], query: string): Result<string, CliProblem> {
  if (query === "")
    return failure(
      usageProblem(
        "no_terminal",
        "there is no terminal to pick at",
        "give words to look for: lodestar models pick qwen 7b",
      ),
    );
  const [best] = search(choices, query);
  if (best !== undefined) return success(best.choice.id);
  const message = `no model that can be asked fits "${plainText(query)}"`;
  return failure(failureProblem("no_model_matches", message, "lodestar models lists them"));
}

async function pick(host: CliHost, args: Args): Promise<Result<string, CliProblem>> {
  const choices = await choicesOf(host, args);
  if (!choices.ok) return choices;
  if (choices.value.length === 0) {
    const fix = "lodestar provider add NAME, or pull one: ollama pull qwen2.5-coder:1.5b";
    return failure(failureProblem("no_models", "there is no model that can be asked", fix));
  }
  const query = args.words.join(" ");
  if (!canShowLive(host) || args.json) return bestOf(choices.value, query);
  const [picked] = (await pickModels(host, choices.value, { title: titleOf(args), isMany: false, query })) ?? [];
  return picked === undefined ? failure(nothingPicked()) : success(picked);
}

function titleOf({ alias, default: isDefault }: Args): string {
  if (alias !== undefined) return `Which model shall ${plainText(alias)} be?`;
  return isDefault ? "Which model shall auto ask first?" : "Which model?";
}

function nameOf({ alias, default: isDefault }: Args, model: string): NewName | null {
  if (alias !== undefined) return { kind: "alias", name: alias, model };
  return isDefault ? { kind: "default", model } : null;
}

export const command = defineCommand({
  meta: {
    name: "pick",
    description: "Pick a model from a list that narrows as you type; make it the project's default or an alias",
    examples: [
      ["lodestar models pick", "look around, and print what was picked"],
      ["lodestar models pick --default", "what auto asks first, in this project"],
      ["lodestar models pick qwen coder 7b --alias coder", "an alias; without a terminal the best match is taken"],
    ],
    notes: [
      "It shows prices per million tokens, context, what a model can do, whether it lies on this machine or is loaded, and its rating by the votes of your tournaments.",
      "--default and --alias write the nearest .lodestar.yaml, or your own configuration where there is none or with --own. The letters that are typed need not stand side by side.",
    ],
  },
  args: {
    words: { type: "positional", isRepeatable: true, description: "what to look for" },
    alias: { type: "string", valueHint: "NAME", description: "make it this alias" },
    default: { type: "boolean", description: "put it first in the default chain" },
    own: { type: "boolean", description: "in your own configuration, whatever the project" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run(host) {
    const { args, terminal } = host;
    if (args.alias !== undefined && args.default)
      return usageProblem("flags_conflict", "--alias and --default exclude each other", "give one of them");
    const picked = await pick(host, args);
    if (!picked.ok) return picked.error;
    const name = nameOf(args, picked.value);
    const written = name === null ? success(null) : await writeName(host, args, name, args.own);
    if (!written.ok) return written.error;
    if (args.json) terminal.out(JSON.stringify({ model: picked.value, file: written.value }));
    else terminal.out(picked.value);
    if (written.value !== null) terminal.talk(`written to ${plainText(written.value)}`);
    return EXIT_CODES.ok;
  },
});
