import { failure, type Result, success } from "../../core/result.ts";
import type { Tournament, TournamentStore } from "../../core/tournament/tournament.ts";
import { checkMatches } from "../../features/tournament/check-matches.ts";
import { type Collected, type Collection, collectAnswers } from "../../features/tournament/collect.ts";
import { checkAnswer } from "../../features/tournament/run-code.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatPlural } from "../../terminal/format.ts";
import { type CliProblem, usageProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import { type CliHost, defineCommand, type Outcome } from "../command.ts";
import { modelsNamed } from "../models/pick-for.ts";
import { type ProjectArgs, projectFlag } from "../project/here.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { type PromptArgs, promptFlags, promptsFrom } from "./prompts-from.ts";
import { answerRows, showAnswers } from "./run-words.ts";
import { answerIn, budgetFlag, budgetWords, findTournament, type Session, withModels, withStore } from "./session.ts";

interface Args extends ProjectArgs, PromptArgs {
  readonly models?: string | undefined;
  readonly resume?: string | undefined;
  readonly maxTokens: number;
  readonly temperature: string;
  readonly parallel: number;
  readonly budget?: string | undefined;
  readonly runCode: boolean;
  readonly json: boolean;
}

const MOST_PARALLEL = 64;

function numbersProblem({ temperature, parallel, maxTokens }: Args): CliProblem | null {
  if (!/^[012](\.\d{1,3})?$/.test(temperature) || Number(temperature) > 2)
    return usageProblem("invalid_value", `--temperature takes a number from 0 to 2, not "${plainText(temperature)}"`);
  if (parallel < 1 || parallel > MOST_PARALLEL)
    return usageProblem("invalid_value", `--parallel takes 1 to ${MOST_PARALLEL}`);
  return maxTokens < 1 ? usageProblem("invalid_value", "--max-tokens takes at least 1") : null;
}

async function setUp(host: CliHost, args: Args): Promise<Result<Tournament, CliProblem>> {
  const found = await promptsFrom(host, args);
  if (!found.ok) return found;
  const models = await modelsNamed(host, args, args.models);
  if (!models.ok) return models;
  if (models.value.length < 2)
    return failure(usageProblem("two_models", "a tournament needs at least two models", "--models ollama/a,ollama/b"));
  return success({
    id: crypto.randomUUID().slice(0, 8),
    at: host.now(),
    ...found.value,
    models: models.value,
    maxOutputTokens: args.maxTokens,
    temperature: Number(args.temperature),
  });
}

function tournamentFor(host: CliHost, args: Args, store: TournamentStore): Promise<Result<Tournament, CliProblem>> {
  if (args.resume === undefined) return setUp(host, args);
  const { suite, prompts, history, models } = args;
  if ([suite, prompts, history, models].every((given) => given === undefined))
    return Promise.resolve(findTournament(store, args.resume));
  const message = "--resume goes on with a tournament as it was set up: neither models nor prompts can be given";
  return Promise.resolve(
    failure(usageProblem("flags_conflict", message, `lodestar tournament run --resume ${plainText(args.resume)}`)),
  );
}

/** Tells of each answer: an event a line for programs, how far it is for people. */
function reporter({ terminal, now }: CliHost, isJson: boolean, total: number): (one: Collected<CliProblem>) => void {
  let done = 0;
  return ({ model, prompt, asked }) => {
    done += 1;
    if (isJson) {
      const { text: _text, ...facts } = "answer" in asked ? asked.answer : { text: "" };
      const told = asked.kind === "failed" ? { problem: asked.error.code } : facts;
      terminal.out(JSON.stringify({ event: "answer", at: now(), model, prompt: prompt.id, kind: asked.kind, ...told }));
    } else if (terminal.isTalkTty) {
      terminal.talkRaw(
        `\r\u001b[2K${done} of ${formatPlural(total, "answer")}, ${plainText(model)}${done === total ? "\n" : ""}`,
      );
    } else if (done === total || Math.floor((done * 10) / total) > Math.floor(((done - 1) * 10) / total)) {
      terminal.talk(`${done} of ${formatPlural(total, "answer")}`);
    }
  };
}

/** Why there is not one answer; null where there is one, or where the budget is the reason. */
function nobodyAnswered({ asked, kept, problems }: Collection<CliProblem>): CliProblem | null {
  const [first] = problems.values();
  return asked + kept === 0 && first !== undefined ? first : null;
}

/** What ended it early, in the order in which it matters; null where every answer is there. */
function endOf(session: Session, collection: Collection<CliProblem>): CliProblem | null {
  const { refused, problems, failed, left } = collection;
  const { id } = session.tournament;
  const fix = `lodestar tournament run --resume ${id} asks for what is missing`;
  if (refused !== null) {
    const message = `the budget ended it: ${budgetWords(refused.model, refused.mostUsd, session.asker.spentUsd())}`;
    return { code: "budget_reached", message, fix, exitCode: EXIT_CODES.budget };
  }
  if (failed === 0) return null;
  const told = [...problems].map(([model, { message }]) => `${plainText(model)}: ${message}`).join("\n");
  const message = `${formatPlural(failed + left, "answer")} could not be had\n${told}`;
  return { code: "answers_missing", message, fix, exitCode: EXIT_CODES.upstream };
}

async function collect(host: CliHost, args: Args, session: Session): Promise<Outcome> {
  const { tournament, asker } = session;
  const { models, prompts, id } = tournament;
  const total = models.length * prompts.length;
  const words = `tournament ${id}: ${formatPlural(models.length, "model")}, ${formatPlural(prompts.length, "prompt")} (${tournament.source})`;
  if (args.json)
    host.terminal.out(JSON.stringify({ event: "start", at: host.now(), id, models, prompts: prompts.length }));
  else host.terminal.talk(words);
  const onAnswer = reporter(host, args.json, total);
  const collection = await collectAnswers(tournament, asker, {
    parallel: args.parallel,
    signal: host.signal,
    onAnswer,
  });
  const unreached = nobodyAnswered(collection);
  if (unreached !== null) {
    if (args.resume === undefined) session.store.remove(id);
    return unreached;
  }
  const checked = await checkMatches(tournament, {
    answerOf: (prompt, model) => answerIn(session, prompt, model),
    check: (check, answer) => checkAnswer(check, answer, { mayRun: args.runCode }),
    now: () => host.now(),
  });
  for (const match of checked.matches) session.store.saveMatch(match);
  const rows = answerRows(session, checked);
  const { asked, kept, failed, left } = collection;
  const end = { asked, kept, failed, left, costUsd: asker.spentUsd(), checks: checked.matches.length };
  if (args.json) host.terminal.out(JSON.stringify({ event: "end", at: host.now(), id, ...end, models: rows }));
  else showAnswers(host, rows, { id, ...end });
  return endOf(session, collection) ?? EXIT_CODES.ok;
}

export const command = defineCommand({
  meta: {
    name: "run",
    description: "Ask several models the same, and keep what they answer for votes and judges",
    examples: [
      [
        "lodestar tournament run --models ollama/qwen2.5-coder:7b,ollama/gemma3:4b --suite bug_fix",
        "two local models, for nothing",
      ],
      [
        "lodestar tournament run --models best,cheap --prompts mine.ndjson --budget 0.50",
        "your own prompts, for 50 cents at most",
      ],
      ["lodestar tournament run --resume 1f3a9c02", "what is missing yet"],
    ],
    notes: [
      "Answers are kept in votes.db of the state directory by what was asked: the same prompt, model and parameters cost nothing again, in any tournament. Costs are told under the tag tournament:ID.",
      "Code that models wrote is parsed, and run with its tests only with --run-code: it could do anything that you could.",
    ],
  },
  args: {
    models: {
      type: "string",
      alias: "m",
      valueHint: "A,B,…",
      description: "models or aliases, at least two; asked for on a terminal where it is left out",
    },
    ...promptFlags,
    resume: { type: "string", valueHint: "ID", description: "go on with this tournament" },
    maxTokens: {
      type: "string",
      value: "integer",
      default: "1024",
      valueHint: "COUNT",
      description: "tokens of an answer, at most",
    },
    temperature: {
      type: "string",
      default: "0",
      valueHint: "NUMBER",
      description: "0 for the same answer again, as far as models go",
    },
    parallel: {
      type: "string",
      value: "integer",
      default: "4",
      valueHint: "COUNT",
      description: "calls at the same time",
    },
    ...budgetFlag,
    runCode: {
      type: "boolean",
      description: "run the code of answers with the tests of their prompts, for 10 s each at most",
    },
    ...projectFlag,
    ...jsonFlag,
    ...daemonFlags,
  },
  async run(context) {
    const { args } = context;
    const problem = numbersProblem(args);
    if (problem !== null) return problem;
    return withStore(context, args, async (store) => {
      const tournament = await tournamentFor(context, args, store);
      if (!tournament.ok) return tournament.error;
      return withModels(context, args, { store, tournament: tournament.value }, async (session) => {
        store.save(tournament.value);
        return collect(context, args, session);
      });
    });
  },
});
