import { tellsItsAuthor } from "../../core/tournament/identity.ts";
import type { Match, TournamentPrompt } from "../../core/tournament/tournament.ts";
import { questionOf } from "../../features/tournament/asker.ts";
import type { Played, Table } from "../../features/tournament/play.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import type { AnswerBook, Session } from "./session.ts";

/** One side of a table while its answer comes. */
export interface Side {
  readonly text: string;
  readonly isWhole: boolean;
}

/** Two answers that come, under no names. */
export interface OpenTable {
  readonly prompt: TournamentPrompt;
  readonly left: Side;
  readonly right: Side;
  /** Calls `listener` at every piece. */
  onChange(listener: () => void): void;
  /** What ended the match before a vote, once both answers are there: null where they can be compared. */
  readonly ready: Promise<Played | null>;
}

/** Where somebody votes. */
export interface Booth {
  vote(table: OpenTable): Promise<Played>;
  /** Tells who wrote what, after the vote. */
  reveal(match: Match): void;
}

/** Opens tables, and asks for the answers that are missing. */
export interface TableReader {
  open(table: Table): OpenTable;
  /** Whether an answer cannot be had: it failed, or is not there and the budget has no room for it. */
  isLost(prompt: TournamentPrompt, model: string): boolean;
  /** The budget refused a call. */
  isBroke(): boolean;
  problems(): readonly CliProblem[];
}

const SKIPPED: Played = { kind: "skipped" };

/** Makes a reader. A call that the budget refuses skips the match: pairs whose answers are there can still be compared. */
export function createTableReader(session: Session, book: AnswerBook, signal: AbortSignal): TableReader {
  let isBroke = false;
  const failed = new Map<string, CliProblem>();
  const keyOf = (prompt: TournamentPrompt, model: string): string => `${prompt.id}\n${model}`;

  async function fill(
    prompt: TournamentPrompt,
    model: string,
    side: { text: string; isWhole: boolean },
    changed: () => void,
  ) {
    const question = questionOf(session.tournament, prompt, model);
    const take = (text: string): void => {
      side.text += text;
      changed();
    };
    const asked = await session.asker.ask(question, take, signal);
    if ("answer" in asked) {
      side.text = asked.answer.text;
      side.isWhole = true;
      changed();
      return tellsItsAuthor(side.text, prompt.text) ? SKIPPED : null;
    }
    if (asked.kind === "unaffordable") isBroke = true;
    else failed.set(keyOf(prompt, model), asked.error);
    return SKIPPED;
  }
  return {
    problems: () => [...failed.values()],
    isLost: (prompt, model) => failed.has(keyOf(prompt, model)) || (isBroke && book.find(prompt, model) === null),
    isBroke: () => isBroke,
    open({ prompt, left, right }) {
      let listener: () => void = () => undefined;
      const changed = (): void => listener();
      const sideOf = (model: string) => {
        const text = book.find(prompt, model)?.text;
        return { text: text ?? "", isWhole: text !== undefined };
      };
      const sides = { left: sideOf(left), right: sideOf(right) };
      const filled = Promise.all([fill(prompt, left, sides.left, changed), fill(prompt, right, sides.right, changed)]);
      const ready = filled.then((ends) => (ends.includes(SKIPPED) ? SKIPPED : null));
      return {
        prompt,
        ...sides,
        ready,
        onChange: (next) => {
          listener = next;
        },
      };
    },
  };
}
