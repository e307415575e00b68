import type { Verdict } from "../../core/rating/vote.ts";
import { judgeMessages, readVerdict, verdictOfBoth } from "../../core/tournament/judging.ts";
import type { StoredAnswer } from "../../core/tournament/tournament.ts";
import type { Asker, Question } from "./asker.ts";
import type { Played, Table } from "./play.ts";

/** Room for a sentence and a verdict, also behind some thinking. */
const MOST_TOKENS = 1_000;

/** Who voted, where a model judges. */
export function judgeVoter(model: string): string {
  return `judge:${model}`;
}

/** What a judge is asked about two answers in this order. */
function judgeQuestion(model: string, table: Pick<Table, "prompt">, first: string, second: string): Question {
  const messages = judgeMessages(table.prompt, first, second);
  return { model, messages, maxOutputTokens: MOST_TOKENS, temperature: 0, isJson: true };
}

/** What a judge needs. `onFailure` hears of a call that failed and of an answer that is no verdict (null). */
export interface JudgeParts<Failure> {
  readonly model: string;
  readonly asker: Asker<Failure>;
  readonly signal: AbortSignal;
  answerOf(table: Table, side: "left" | "right"): StoredAnswer | null;
  onFailure(error: Failure | null): "go_on" | "stop";
}

/** Has a model compare two answers in both orders, at once. Where the orders disagree it is a tie. */
export async function judgeTable<Failure>(table: Table, parts: JudgeParts<Failure>): Promise<Played> {
  const { model, asker, signal, answerOf, onFailure } = parts;
  const left = answerOf(table, "left");
  const right = answerOf(table, "right");
  if (left === null || right === null) return { kind: "skipped" };
  const told = await Promise.all(
    [
      [left.text, right.text],
      [right.text, left.text],
    ].map(([first = "", second = ""]) => asker.ask(judgeQuestion(model, table, first, second), undefined, signal)),
  );
  const verdicts: Verdict[] = [];
  for (const asked of told) {
    if (asked.kind === "unaffordable") return { kind: "ended", why: "budget" };
    const verdict = asked.kind === "failed" ? null : readVerdict(asked.answer.text);
    if (verdict !== null) {
      verdicts.push(verdict);
      continue;
    }
    const next = onFailure(asked.kind === "failed" ? asked.error : null);
    return next === "stop" ? { kind: "ended", why: "stopped" } : { kind: "skipped" };
  }
  const [first = "tie", second = "tie"] = verdicts;
  return { kind: "verdict", ...verdictOfBoth(first, second) };
}
