import { processScreen, type Screen } from "../../features/counter/screen.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatCount, formatPlural } from "../../terminal/format.ts";
import { type Key, readKeys } from "../../terminal/keys.ts";
import { createScreenDiff, type ScreenSize } from "../../terminal/screen-diff.ts";
import { type Column, plainText, renderTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { CliHost } from "../command.ts";
import { holdScreen } from "../live-screen.ts";
import { type Choice, type Found, search } from "./choices.ts";

/** How a model is chosen. */
export interface PickOptions {
  readonly title: string;
  /** Several may be marked with the tab key. */
  readonly isMany: boolean;
  /** What is typed already. */
  readonly query: string;
}

interface PickState {
  query: string;
  at: number;
  readonly marked: Set<string>;
}

const HEAD_ROWS = 3;

function priceWords({ inputUsd, outputUsd }: Choice): string {
  if (inputUsd === null || outputUsd === null) return "unknown";
  return inputUsd + outputUsd === 0 ? "free" : `$${inputUsd} / $${outputUsd}`;
}

function columnsOf(state: PickState, current: Found | undefined, { style }: Terminal): readonly Column<Found>[] {
  const nameOf = ({ choice }: Found): string => [choice.id, ...choice.aliases.map((alias) => `(${alias})`)].join(" ");
  const mark = (found: Found): string =>
    `${found === current ? ">" : " "}${state.marked.has(found.choice.id) ? "*" : " "}`;
  const shown = (text: string, found: Found): string => {
    const hits = new Set(found.positions);
    const letters = [...text].map((letter, at) => (hits.has(at) ? style.bold(style.cyan(letter)) : letter)).join("");
    return found === current ? style.underline(letters) : letters;
  };
  return [
    { title: "", cell: mark },
    { title: "model", cell: nameOf, canShrink: true, paint: shown },
    { title: "in / out, 1M", cell: ({ choice }) => priceWords(choice), align: "right" },
    {
      title: "context",
      cell: ({ choice }) => (choice.contextTokens === null ? "" : formatCount(choice.contextTokens)),
      align: "right",
    },
    { title: "local", cell: ({ choice }) => choice.local ?? "" },
    { title: "rating", cell: ({ choice }) => choice.rating?.toFixed(0) ?? "", align: "right" },
    { title: "can", cell: ({ choice }) => choice.abilities.join(" "), canShrink: true },
  ];
}

/** The screen of the picker. */
function screenOf(
  choices: readonly Choice[],
  state: PickState,
  { title, isMany }: PickOptions,
  size: ScreenSize,
  terminal: Terminal,
): readonly string[] {
  const found = search(choices, state.query);
  const { style } = terminal;
  state.at = Math.max(0, Math.min(state.at, found.length - 1));
  const room = Math.max(1, size.rows - HEAD_ROWS - 1);
  const top = Math.max(0, Math.min(state.at - Math.floor(room / 2), found.length - room));
  const rows = found.slice(top, top + room);
  const table = renderTable(rows, columnsOf(state, found[state.at], terminal), { columns: size.columns, style });
  const count = `${found.length} of ${formatPlural(choices.length, "model")}`;
  const keys = isMany ? "tab marks  enter takes what is marked  esc leaves" : "enter takes it  esc leaves";
  const body = [style.bold(title), `> ${plainText(state.query)}_  ${style.dim(count)}`, ...table];
  const filler = Array.from({ length: Math.max(0, size.rows - 1 - body.length) }, () => "");
  return [...body.slice(0, size.rows - 1), ...filler, style.dim(keys)];
}

function chosen(choices: readonly Choice[], state: PickState): readonly string[] {
  if (state.marked.size > 0) return [...state.marked];
  const current = search(choices, state.query)[state.at];
  return current === undefined ? [] : [current.choice.id];
}

/** Takes a key; what it changed is seen in the state. */
function press(key: Key, choices: readonly Choice[], state: PickState, isMany: boolean): void {
  const steps: Readonly<Record<string, number>> = { up: -1, down: 1, "page-up": -10, "page-down": 10 };
  if (typeof key === "string") {
    if (key === "backspace") state.query = state.query.slice(0, -1);
    else state.at += steps[key] ?? 0;
    if (key === "home") state.at = 0;
    if (key === "end") state.at = choices.length;
    return;
  }
  state.query += key.typed;
  state.at = isMany ? state.at : 0;
}

function toggle(choices: readonly Choice[], state: PickState): void {
  const current = search(choices, state.query)[state.at];
  if (current === undefined) return;
  if (!state.marked.delete(current.choice.id)) state.marked.add(current.choice.id);
}

/** Lets a person choose from a list that what they type narrows; null where they left. For a terminal that can show live views. */
export async function pickModels(
  host: CliHost,
  choices: readonly Choice[],
  options: PickOptions,
  openScreen: () => Screen = processScreen,
): Promise<readonly string[] | null> {
  const state: PickState = { query: options.query, at: 0, marked: new Set() };
  const screen = openScreen();
  const diff = createScreenDiff();
  let picked: readonly string[] | null = null;
  const redraw = (): void => {
    const size = screen.size();
    screen.write(diff.draw(screenOf(choices, state, options, size, host.terminal), size));
  };
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const take = (bytes: Uint8Array): boolean => {
    const text = new TextDecoder().decode(bytes);
    if (options.isMany && text === "\t") toggle(choices, state);
    for (const key of readKeys(text)) {
      if (key === "interrupt" || key === "escape") return false;
      if (key === "enter") {
        const taken = chosen(choices, state);
        if (taken.length === 0) continue;
        picked = taken;
        finish();
      } else press(key, choices, state, options.isMany);
    }
    redraw();
    return true;
  };
  await holdScreen(host, screen, { press: take, redraw }, async (ended) => {
    redraw();
    ended.addEventListener("abort", finish, { once: true });
    await finished;
    return EXIT_CODES.ok;
  });
  return picked;
}
