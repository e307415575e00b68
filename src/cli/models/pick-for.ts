import { failure, type Result, success } from "../../core/result.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { type CliProblem, usageProblem } from "../../terminal/problem.ts";
import type { CliHost } from "../command.ts";
import { canShowLive } from "../live-screen.ts";
import type { DaemonArgs } from "../shared-flags.ts";
import { choicesOf } from "./choices.ts";
import { pickModels } from "./picker.ts";

/** That somebody left the picker without choosing. */
export function nothingPicked(): CliProblem {
  return { code: "nothing_picked", message: "no model was chosen", exitCode: EXIT_CODES.interrupted };
}

/**
 * The models that a command line names, with commas between; where it names none, a person at a terminal picks them. Each counts
 * once.
 */
export async function modelsNamed(
  host: CliHost,
  args: DaemonArgs,
  named: string | undefined,
): Promise<Result<readonly string[], CliProblem>> {
  if (named !== undefined) {
    const names = named.split(",").map((name) => name.trim());
    return success([...new Set(names.filter((name) => name !== ""))]);
  }
  if (!canShowLive(host))
    return failure(
      usageProblem("no_models_named", "no model is named", "--models ollama/a,ollama/b; lodestar models lists them"),
    );
  const choices = await choicesOf(host, args);
  if (!choices.ok) return choices;
  const options = { title: "Which models shall be compared?", isMany: true, query: "" };
  const picked = await pickModels(host, choices.value, options);
  return picked === null ? failure(nothingPicked()) : success(picked);
}

/** The one model that a command line names, or that a person at a terminal picks. */
export async function modelNamed(
  host: CliHost,
  args: DaemonArgs,
  named: string | undefined,
  title: string,
): Promise<Result<string, CliProblem>> {
  if (named !== undefined) return success(named);
  if (!canShowLive(host))
    return failure(usageProblem("no_model_named", "no model is named", "name one: lodestar models lists them"));
  const choices = await choicesOf(host, args);
  if (!choices.ok) return choices;
  const [picked] = (await pickModels(host, choices.value, { title, isMany: false, query: "" })) ?? [];
  return picked === undefined ? failure(nothingPicked()) : success(picked);
}
