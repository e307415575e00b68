import type { Verdict } from "../../core/rating/vote.ts";
import type { Played } from "../../features/tournament/play.ts";
import { plainText } from "../../terminal/table.ts";
import type { Source } from "../../terminal/terminal.ts";
import type { CliHost } from "../command.ts";
import type { Booth } from "./vote-answers.ts";

const WORDS: Readonly<Record<string, Verdict | "skip" | "quit">> = {
  "1": "left",
  l: "left",
  left: "left",
  "2": "right",
  r: "right",
  right: "right",
  t: "tie",
  tie: "tie",
  b: "both_bad",
  both_bad: "both_bad",
  bad: "both_bad",
  s: "skip",
  skip: "skip",
  q: "quit",
  quit: "quit",
};

/** What a word or key says of two answers; null where it says nothing. */
export function readVoteWord(word: string): Verdict | "skip" | "quit" | null {
  const key = word.trim().toLowerCase();
  return Object.hasOwn(WORDS, key) ? (WORDS[key] ?? null) : null;
}

/** A choice as what comes of the match. */
export function playedOf(choice: Verdict | "skip" | "quit"): Played {
  if (choice === "quit") return { kind: "ended", why: "stopped" };
  return choice === "skip" ? { kind: "skipped" } : { kind: "verdict", winner: choice, isConsistent: null };
}

/** Lines as they are typed, or all at once from a pipe. */
async function* linesOf(stdin: Source): AsyncGenerator<string> {
  if (stdin.isTTY !== true || stdin.chunks === undefined) {
    yield* (await stdin.readAll()).split("\n").filter((line) => line.trim() !== "");
    return;
  }
  let typed = "";
  for await (const chunk of stdin.chunks()) {
    typed += chunk;
    const lines = typed.split(/\r?\n/);
    typed = lines.pop() ?? "";
    yield* lines;
  }
}

/** Text of a model, safe to show, its lines kept. */
export function safeLines(text: string): readonly string[] {
  return text.replaceAll("\t", "    ").split(/\r?\n/).map(plainText);
}

/** Votes by words, a line each: for pipes and terminals without keys. What is shown goes to stderr, so that stdout stays data. */
export function plainBooth({ terminal, stdin }: CliHost): Booth {
  const lines = linesOf(stdin);
  const say = (title: string, text: string): void => {
    terminal.talk(terminal.talkStyle.bold(`── ${title}`));
    for (const line of safeLines(text)) terminal.talk(line);
  };
  return {
    async vote(table) {
      const ended = await table.ready;
      if (ended !== null) return ended;
      say("prompt", table.prompt.text);
      say("1, left", table.left.text);
      say("2, right", table.right.text);
      for (;;) {
        terminal.talkRaw("1 left, 2 right, t tie, b both bad, s skip, q end: ");
        const { value, done } = await lines.next();
        if (done === true) return playedOf("quit");
        const choice = readVoteWord(value);
        if (choice !== null) return playedOf(choice);
        terminal.talk(`"${plainText(value.trim())}" is none of them`);
      }
    },
    reveal: ({ left, right }) => terminal.talk(`left was ${plainText(left)}, right was ${plainText(right)}`),
  };
}
