import { failure, type Result, success } from "../../core/result.ts";
import { TASK_CLASSES, type TaskClass } from "../../core/routing/task-class.ts";
import type { TournamentPrompt } from "../../core/tournament/tournament.ts";
import { readClientHistory } from "../../features/tournament/client-history.ts";
import { PromptsError, promptOf, readPrompts } from "../../features/tournament/prompts.ts";
import { suiteOf } from "../../features/tournament/suites.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import type { CliHost, Flags } from "../command.ts";
import { inputFileProblem } from "../input-file.ts";
import { placeOf } from "../setup/target.ts";

const SUITES: readonly (TaskClass | "all")[] = [...TASK_CLASSES, "all"];

/** Where prompts come from: one of the first three. */
export const promptFlags = {
  suite: {
    type: "enum",
    options: [...SUITES],
    description: "prompts that come with Lodestar, for a class of task or for all",
  },
  prompts: { type: "string", valueHint: "FILE", description: "your own prompts; - reads standard input" },
  history: {
    type: "string",
    value: "integer",
    valueHint: "COUNT",
    description: "the latest prompts that you typed into Claude Code or Codex",
  },
  task: {
    type: "enum",
    options: [...TASK_CLASSES],
    default: "general",
    description: "the class of your own prompts, where they say none",
  },
  count: { type: "string", value: "integer", valueHint: "COUNT", description: "only the first so many of each class" },
} satisfies Flags;

/** The parsed values of {@link promptFlags}. */
export interface PromptArgs {
  readonly suite?: TaskClass | "all" | undefined;
  readonly prompts?: string | undefined;
  readonly history?: number | undefined;
  readonly task: TaskClass;
  readonly count?: number | undefined;
}

/** Prompts with where they are from. */
export interface Source {
  readonly source: string;
  readonly prompts: readonly TournamentPrompt[];
}

const FIX =
  'a prompt a line, blocks between lines of ---, or NDJSON: {"prompt": "…", "task": "bug_fix", "check": {"all": ["…"]}}';

async function textOf(host: CliHost, path: string): Promise<Result<string, CliProblem>> {
  if (path === "-") return success(await host.stdin.readAll());
  const problem = inputFileProblem(path);
  if (problem !== null) return failure(problem);
  return success(await Bun.file(path).text());
}

async function ownPrompts(host: CliHost, path: string, task: TaskClass): Promise<Result<Source, CliProblem>> {
  const text = await textOf(host, path);
  if (!text.ok) return text;
  const source = path === "-" ? "standard input" : plainText(path);
  try {
    return success({ source, prompts: readPrompts(text.value, task) });
  } catch (error) {
    if (!(error instanceof PromptsError)) throw error;
    return failure(failureProblem("bad_prompts", plainText(`${source}: ${error.message}`), FIX));
  }
}

async function historyPrompts(host: CliHost, count: number, task: TaskClass): Promise<Result<Source, CliProblem>> {
  const texts = await readClientHistory(placeOf(host.environment, undefined).home, count);
  if (texts.length >= 2)
    return success({ source: "history", prompts: texts.map((text) => promptOf(text, task, null)) });
  const message = `${texts.length === 0 ? "no prompt was" : "only one prompt was"} found in the histories of Claude Code and Codex`;
  return failure(failureProblem("no_history", message, "Lodestar keeps no prompts itself; give --prompts FILE"));
}

function suitePrompts(suite: TaskClass | "all"): Source {
  const classes = suite === "all" ? TASK_CLASSES : [suite];
  return { source: `suite ${suite}`, prompts: classes.flatMap(suiteOf) };
}

/** The first so many of each class. */
function firstOfEach(prompts: readonly TournamentPrompt[], count: number): readonly TournamentPrompt[] {
  const seen = new Map<TaskClass, number>();
  return prompts.filter(({ taskClass }) => {
    seen.set(taskClass, (seen.get(taskClass) ?? 0) + 1);
    return (seen.get(taskClass) ?? 0) <= count;
  });
}

/** The prompts that a command line names. */
export async function promptsFrom(host: CliHost, args: PromptArgs): Promise<Result<Source, CliProblem>> {
  const { suite, prompts, history, task, count } = args;
  if ([suite, prompts, history].filter((given) => given !== undefined).length !== 1) {
    const fix = "--suite bug_fix, --prompts FILE (or -), or --history 20";
    return failure(usageProblem("which_prompts", "say where the prompts are from, once", fix));
  }
  const found =
    prompts !== undefined
      ? await ownPrompts(host, prompts, task)
      : history !== undefined
        ? await historyPrompts(host, history, task)
        : success(suitePrompts(suite ?? "all"));
  if (!found.ok || count === undefined) return found;
  return success({ ...found.value, prompts: firstOfEach(found.value.prompts, Math.max(1, count)) });
}
