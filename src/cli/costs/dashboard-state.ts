import type { Key } from "../../terminal/keys.ts";

/** The periods of the dashboard, by the key that chooses them. */
const PERIOD_KEYS = { t: "today", w: "week", m: "month", a: "all" } as const;

/** What the dashboard groups by: the first nine by the keys 1 to 9, all by `g`. */
export const GROUPS = [
  "model",
  "provider",
  "project",
  "key",
  "session",
  "tag",
  "task",
  "client",
  "day",
  "file",
] as const;

/** How its groups can be ordered. */
export const ORDERS = ["cost", "requests", "tokens", "name"] as const;

/** One of {@link GROUPS}. */
export type DashboardGroup = (typeof GROUPS)[number];

/** Filters that the admin API takes; other words of the filter line look for names. */
const FILTERS = ["provider", "model", "project", "key", "session", "tag", "task", "file", "client", "state"];

/** What is shown above the last level: groups, the requests of one group, or one request. */
export type DashboardView = "groups" | "requests" | "request";

/** Everything that keys decide. */
export interface DashboardState {
  readonly period: "today" | "week" | "month" | "all";
  readonly by: DashboardGroup;
  readonly order: (typeof ORDERS)[number];
  /** The filter line, as typed. */
  readonly filter: string;
  /** The filter line while it is typed; null else. */
  readonly typing: string | null;
  readonly view: DashboardView;
  /** The group that was entered. */
  readonly group: string | null;
  readonly requestId: string | null;
  /** Which line is chosen in the view. */
  readonly selected: number;
  readonly isHelp: boolean;
}

/** The state before the first key. What cannot be grouped by is taken for the model. */
export function firstState({ period, by }: { period: DashboardState["period"]; by: string }): DashboardState {
  const group = GROUPS.find((name) => name === by) ?? "model";
  const view = { view: "groups", group: null, requestId: null, selected: 0 } as const;
  return { period, by: group, order: "cost", filter: "", typing: null, isHelp: false, ...view };
}

/** What the keys act on: the names of the lines that are shown. */
export interface DashboardLines {
  readonly names: readonly string[];
  /** How many fit at once. */
  readonly page: number;
}

/** The parts of a filter line: `provider=openai` is for the API, `gpt` for the names. */
export function readFilter(text: string): {
  readonly query: Readonly<Record<string, string>>;
  readonly words: readonly string[];
} {
  const parts = text.split(/\s+/).filter((part) => part !== "");
  const isQuery = (part: string): boolean => FILTERS.includes(part.split("=")[0] ?? "") && /=./.test(part);
  const query = parts
    .filter(isQuery)
    .map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]);
  return {
    query: Object.fromEntries(query),
    words: parts.filter((part) => !isQuery(part)).map((part) => part.toLowerCase()),
  };
}

const STEPS: Readonly<Partial<Record<string, (selected: number, lines: DashboardLines) => number>>> = {
  up: (selected) => selected - 1,
  down: (selected) => selected + 1,
  k: (selected) => selected - 1,
  j: (selected) => selected + 1,
  "page-up": (selected, { page }) => selected - page,
  "page-down": (selected, { page }) => selected + page,
  home: () => 0,
  end: (_selected, { names }) => names.length - 1,
};

function clamp(selected: number, { names }: DashboardLines): number {
  return Math.max(0, Math.min(selected, names.length - 1));
}

function next<Value>(values: readonly Value[], value: Value): Value {
  return values[(values.indexOf(value) + 1) % values.length] ?? value;
}

function typeFilter(state: DashboardState, typing: string, key: Key): DashboardState {
  if (key === "enter") return { ...state, filter: typing.trim(), typing: null, selected: 0 };
  if (key === "escape") return { ...state, typing: null };
  if (key === "backspace") return { ...state, typing: [...typing].slice(0, -1).join("") };
  return typeof key === "object" ? { ...state, typing: typing + key.typed } : state;
}

function enter(state: DashboardState, lines: DashboardLines): DashboardState {
  const name = lines.names[clamp(state.selected, lines)];
  if (name === undefined) return state;
  if (state.view === "groups") return { ...state, view: "requests", group: name, selected: 0 };
  return state.view === "requests" ? { ...state, view: "request", requestId: name, selected: 0 } : state;
}

function leave(state: DashboardState): DashboardState {
  if (state.view === "request") return { ...state, view: "requests", requestId: null, selected: 0 };
  if (state.view === "requests") return { ...state, view: "groups", group: null, selected: 0 };
  return { ...state, filter: "" };
}

function regroup(state: DashboardState, by: DashboardGroup | undefined): DashboardState {
  return by === undefined ? state : { ...state, by, view: "groups", group: null, requestId: null, selected: 0 };
}

function command(state: DashboardState, letter: string): DashboardState {
  if (Object.hasOwn(PERIOD_KEYS, letter)) {
    // Looked up above.
    return { ...state, period: PERIOD_KEYS[letter as keyof typeof PERIOD_KEYS], selected: 0 };
  }
  if (/^[1-9]$/.test(letter)) return regroup(state, GROUPS[Number(letter) - 1]);
  if (letter === "g") return regroup(state, next(GROUPS, state.by));
  if (letter === "s") return { ...state, order: next(ORDERS, state.order), selected: 0 };
  if (letter === "/") return { ...state, typing: state.filter };
  return letter === "?" ? { ...state, isHelp: true } : state;
}

/** What a key does: the next state, or null where it ends the dashboard. */
export function pressKey(state: DashboardState, key: Key, lines: DashboardLines): DashboardState | null {
  if (key === "interrupt") return null;
  if (state.typing !== null) return typeFilter(state, state.typing, key);
  if (state.isHelp) return { ...state, isHelp: false };
  const name = typeof key === "object" ? key.typed : key;
  if (name === "q") return null;
  const step = STEPS[name];
  if (step !== undefined) return { ...state, selected: clamp(step(clamp(state.selected, lines), lines), lines) };
  if (name === "enter" || name === "right") return enter(state, lines);
  if (name === "escape" || name === "left" || name === "backspace") return leave(state);
  return typeof key === "object" ? command(state, key.typed) : state;
}
