import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatDuration, formatPlural } from "../../terminal/format.ts";
import { failureProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import { type CliHost, defineCommand, type Outcome } from "../command.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { costWords } from "./run-words.ts";
import { answerIn, findTournament, type Kept, withStore } from "./session.ts";
import { safeLines } from "./vote-plain.ts";
import { idFlag } from "./words.ts";

/** Prompts of a tournament, or the one that is named, with every answer. */
function viewOf(kept: Kept, prompt: string | undefined) {
  const { tournament, store } = kept;
  const matches = store.matches(tournament.id);
  const prompts = tournament.prompts
    .filter(({ id }) => prompt === undefined || id === prompt)
    .map((one) => ({
      ...one,
      answers: tournament.models.map((model) => ({ asked: model, answer: answerIn(kept, one, model) })),
      votes: matches.filter((match) => match.prompt === one.id),
    }));
  return { ...tournament, prompts };
}

type View = ReturnType<typeof viewOf>;

function showPrompt({ terminal }: CliHost, { text, answers, votes }: View["prompts"][number]): void {
  for (const line of safeLines(text)) terminal.out(line);
  for (const { asked, answer } of answers) {
    const facts = answer === null ? "no answer" : `${costWords(answer.costUsd)}, ${formatDuration(answer.tookMs)}`;
    terminal.out("");
    terminal.out(terminal.style.bold(`── ${plainText(asked)} (${facts})`));
    if (answer !== null) for (const line of safeLines(answer.text)) terminal.out(line);
  }
  for (const { voter, left, right, winner } of votes)
    terminal.out(`${plainText(voter)}: ${plainText(left)} | ${plainText(right)}: ${winner}`);
}

function show(host: CliHost, view: View, isOne: boolean): Outcome {
  const { terminal } = host;
  if (isOne) for (const prompt of view.prompts) showPrompt(host, prompt);
  else {
    terminal.out(`${view.id}: ${formatPlural(view.prompts.length, "prompt")} from ${view.source}`);
    for (const { id, taskClass, text, answers, votes } of view.prompts) {
      const there = answers.filter(({ answer }) => answer !== null).length;
      const first = plainText(text.split("\n")[0] ?? "").slice(0, 60);
      terminal.out(
        `${id}  ${taskClass}  ${there}/${answers.length} answers  ${formatPlural(votes.length, "vote")}  ${first}`,
      );
    }
  }
  return EXIT_CODES.ok;
}

export const command = defineCommand({
  meta: {
    name: "show",
    description: "The prompts of a tournament, or one of them with its answers and votes",
    examples: [["lodestar tournament show 1f3a9c02 --prompt 8d1c2e90ab41", "every answer, with names"]],
  },
  args: {
    ...idFlag,
    prompt: { type: "string", valueHint: "ID", description: "only this prompt, with every answer" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run(context) {
    const { args, terminal } = context;
    return withStore(context, args, async (store) => {
      const tournament = findTournament(store, args.id);
      if (!tournament.ok) return tournament.error;
      const view = viewOf({ store, tournament: tournament.value }, args.prompt);
      if (view.prompts.length === 0)
        return failureProblem(
          "no_prompt",
          `tournament ${view.id} has no prompt "${plainText(args.prompt ?? "")}"`,
          `lodestar tournament show ${view.id}`,
        );
      if (!args.json) return show(context, view, args.prompt !== undefined);
      terminal.out(JSON.stringify(view));
      return EXIT_CODES.ok;
    });
  },
});
