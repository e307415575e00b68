import { copyFileSync, existsSync } from "node:fs";
import { type NewRule, removeRule, setRule } from "../../config/edit.ts";
import { loadSettings } from "../../config/load.ts";
import type { ClassRecommendation } from "../../core/recommend-view.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import type { CliHost } from "../command.ts";
import { configProblem } from "../config/check.ts";
import { editConfig, ownConfigFile } from "../config/edit.ts";
import { reloadDaemon } from "../provider/call.ts";
import { type DaemonArgs, inputsOf } from "../shared-flags.ts";

/** A fallback or two is enough: further ones only cost more. */
const MOST_TARGETS = 3;

/** What became of a rule in the configuration file. */
export interface Applied {
  readonly file: string;
  readonly name: string;
  /** Null where it was taken out. */
  readonly rule: NewRule | null;
  /** The file as it was; null where nothing was there, or nothing changed. */
  readonly backup: string | null;
  readonly isReloaded: boolean;
}

function nameOf(taskClass: string): string {
  return `recommended-${taskClass.replaceAll("_", "-")}`;
}

/** The rule that sends a class of task to models: the first, and behind it the others. */
function ruleOf(taskClass: string, targets: readonly string[]): NewRule {
  const [only] = targets;
  const to = targets.length === 1 && only !== undefined ? { target: only } : { chain: targets };
  return { name: nameOf(taskClass), tags: ["recommended"], when: { task: taskClass }, do: to };
}

async function change(
  host: CliHost,
  args: DaemonArgs,
  name: string,
  rule: NewRule | null,
): Promise<Result<Applied, CliProblem>> {
  const inputs = inputsOf(host, args);
  const file = ownConfigFile(inputs);
  const copy = `${file}.before-recommend`;
  const isThere = existsSync(file);
  const changed = await editConfig(
    inputs,
    (text, path) => {
      const edited = rule === null ? removeRule(text, path, name) : setRule(text, path, rule);
      if (edited.ok && edited.value !== text && isThere) copyFileSync(file, copy);
      return edited;
    },
    () => {
      const loaded = loadSettings({ flags: inputs.flags, environment: inputs.environment });
      return loaded.ok ? null : configProblem(loaded.error);
    },
  );
  if (!changed.ok) return changed;
  if (changed.value === null && rule === null) {
    return failure(failureProblem("no_such_rule", `${file} has no rule "${name}"`, "lodestar config show routing"));
  }
  const reloaded = changed.value === null ? "none" : await reloadDaemon(host, args);
  if (typeof reloaded === "object") return failure(reloaded);
  const backup = changed.value !== null && isThere ? copy : null;
  return success({ file, name, rule, backup, isReloaded: reloaded === "reloaded" });
}

/** Sends a class of task to these models from now on, in place of an earlier rule of the same class. */
export function applyTargets(
  host: CliHost,
  args: DaemonArgs,
  taskClass: string,
  targets: readonly string[],
): Promise<Result<Applied, CliProblem>> {
  const rule = ruleOf(taskClass, targets);
  return change(host, args, rule.name, rule);
}

/** Writes the rule that a recommendation comes to: its model, and behind it what else is good enough. */
export function applyRule(
  host: CliHost,
  args: DaemonArgs,
  { taskClass, contenders }: ClassRecommendation,
): Promise<Result<Applied, CliProblem>> {
  const targets = contenders.filter(({ verdict }) => verdict === "chosen" || verdict === "qualifies");
  return applyTargets(
    host,
    args,
    taskClass,
    targets.slice(0, MOST_TARGETS).map(({ model }) => model),
  );
}

/** Takes the rule of a class out again. */
export function undoRule(host: CliHost, args: DaemonArgs, taskClass: string): Promise<Result<Applied, CliProblem>> {
  return change(host, args, nameOf(taskClass), null);
}
