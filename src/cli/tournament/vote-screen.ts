import type { Match } from "../../core/tournament/tournament.ts";
import { processScreen, type Screen } from "../../features/counter/screen.ts";
import type { Played } from "../../features/tournament/play.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { type Key, readKeys } from "../../terminal/keys.ts";
import { createScreenDiff, type ScreenSize } from "../../terminal/screen-diff.ts";
import { plainText } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { cutTo, padTo, wrapWords } from "../../terminal/width.ts";
import type { CliHost } from "../command.ts";
import { holdScreen } from "../live-screen.ts";
import type { Booth, OpenTable, Side } from "./vote-answers.ts";
import { playedOf, readVoteWord, safeLines } from "./vote-plain.ts";

const PROMPT_ROWS = 6;
const KEYS = "1 left  2 right  t tie  b both bad  s skip  arrows scroll  q end";

interface VoteState {
  table: OpenTable | null;
  top: number;
  /** Who wrote the last two, after that vote. */
  last: string;
}

/** Lines of a text within a width; what is longer is broken at spaces, or cut where there are none. */
function wrapped(text: string, width: number): readonly string[] {
  return safeLines(text).flatMap((line) => {
    const indent = /^ */.exec(line)?.[0] ?? "";
    if (indent.length >= width) return [cutTo(line, width)];
    return wrapWords(line.trimStart(), width - indent.length).map((part) => cutTo(indent + part, width));
  });
}

function titleOf(name: string, { isWhole }: Side): string {
  return isWhole ? name : `${name} …`;
}

/** The screen: what was asked above, both answers below, and the keys. */
function screenOf(
  { table, top, last }: VoteState,
  { columns, rows }: ScreenSize,
  { style }: Terminal,
): readonly string[] {
  if (table === null) return [style.dim("choosing the next pair …"), "", last];
  const width = Math.max(10, Math.floor((columns - 3) / 2));
  const asked = wrapped(table.prompt.text, columns);
  const head = asked.length > PROMPT_ROWS ? [...asked.slice(0, PROMPT_ROWS - 1), style.dim("…")] : asked;
  const [left, right] = [wrapped(table.left.text, width), wrapped(table.right.text, width)];
  const room = Math.max(1, rows - head.length - 4);
  const most = Math.max(0, Math.max(left.length, right.length) - room);
  const from = Math.min(top, most);
  const body = Array.from({ length: room }, (_, row) => {
    const [one = "", other = ""] = [left[from + row], right[from + row]];
    return `${padTo(one, width)} │ ${other}`;
  });
  const titles = `${padTo(titleOf("1 left", table.left), width)} │ ${titleOf("2 right", table.right)}`;
  const more = most > from ? `  (${most - from} more lines)` : "";
  return [
    ...head,
    style.dim("─".repeat(columns)),
    style.bold(titles),
    ...body,
    style.dim(cutTo(last, columns)),
    style.dim(KEYS + more),
  ];
}

/** The word that a key stands for. */
function choiceOf(key: Key): string {
  if (key === "left" || key === "right") return key;
  if (key === "interrupt" || key === "escape") return "q";
  return typeof key === "object" ? key.typed : "";
}

/** A booth on the whole terminal: both answers side by side as they come, a key for each vote. */
export async function screenBooth(
  host: CliHost,
  work: (booth: Booth) => Promise<void>,
  openScreen: () => Screen = processScreen,
): Promise<void> {
  const screen = openScreen();
  const diff = createScreenDiff();
  const state: VoteState = { table: null, top: 0, last: "" };
  let decide: (played: Played) => void = () => undefined;
  const redraw = (): void => {
    const size = screen.size();
    screen.write(diff.draw(screenOf(state, size, host.terminal), size));
  };
  const take = (key: Key): void => {
    const steps: Readonly<Record<string, number>> = { up: -1, down: 1, "page-up": -10, "page-down": 10 };
    if (typeof key === "string") state.top = Math.max(0, state.top + (steps[key] ?? 0));
    const choice = readVoteWord(choiceOf(key));
    const isWhole = state.table?.left.isWhole === true && state.table.right.isWhole;
    if (choice !== null && (isWhole || choice === "quit" || choice === "skip")) decide(playedOf(choice));
  };
  const booth: Booth = {
    async vote(table) {
      state.table = table;
      state.top = 0;
      table.onChange(redraw);
      redraw();
      const pressed = new Promise<Played>((resolve) => {
        decide = resolve;
      });
      const ended = table.ready.then((played) => played ?? pressed);
      return Promise.race([pressed, ended]);
    },
    reveal({ left, right, winner }: Match) {
      state.last = `last vote: ${winner.replace("_", " ")}; left was ${plainText(left)}, right was ${plainText(right)}`;
    },
  };
  const view = {
    press(bytes: Uint8Array) {
      for (const key of readKeys(new TextDecoder().decode(bytes))) take(key);
      redraw();
      return true;
    },
    redraw,
  };
  await holdScreen(host, screen, view, async (ended) => {
    ended.addEventListener("abort", () => decide(playedOf("quit")), { once: true });
    await work(booth);
    return EXIT_CODES.ok;
  });
}
