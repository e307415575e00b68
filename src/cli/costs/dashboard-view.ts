import type { CostsView, RequestView } from "../../core/admin-view.ts";
import { targetName } from "../../core/target.ts";
import { formatCost, formatCount, formatPlural, formatSum, formatTime } from "../../terminal/format.ts";
import { type Column, plainText, renderTable } from "../../terminal/table.ts";
import type { Colours } from "../../terminal/terminal.ts";
import { inputTokens, outputTokens, paintState } from "../attempt-words.ts";
import { type DashboardLines, type DashboardState, GROUPS, ORDERS, readFilter } from "./dashboard-state.ts";
import { type DashboardData, type DashboardLook, headLine, summaryLines, WIDE } from "./dashboard-summary.ts";
import { billLines } from "./explain.ts";

type Group = CostsView["groups"][number];

const RECENT = 5;
/** Below so many rows, the latest requests give way to the groups. */
const TALL = 22;

const ORDER_OF: Readonly<Record<(typeof ORDERS)[number], (left: Group, right: Group) => number>> = {
  cost: (left, right) => right.costNanoUsd - left.costNanoUsd,
  requests: (left, right) => right.requests - left.requests,
  tokens: (left, right) => right.inputTokens + right.outputTokens - left.inputTokens - left.outputTokens,
  name: (left, right) => (left.name < right.name ? -1 : 1),
};

function groupsOf(state: DashboardState, { costs }: DashboardData): readonly Group[] {
  const { words } = readFilter(state.filter);
  const found = costs.groups.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  return found.toSorted(ORDER_OF[state.order]);
}

function groupColumns(by: string, total: number, isWide: boolean): readonly Column<Group>[] {
  const count = (title: string, value: (group: Group) => number): Column<Group> => ({
    title,
    cell: (group) => formatCount(value(group)),
    align: "right",
  });
  const share = ({ costNanoUsd }: Group): string =>
    total === 0 ? "" : `${((costNanoUsd / total) * 100).toFixed(1)} %`;
  const name: Column<Group> = { title: by, cell: (group) => group.name || "(none)", canShrink: true };
  const cost: Column<Group> = { title: "cost", cell: formatSum, align: "right" };
  if (!isWide) return [name, count("req", ({ requests }) => requests), cost];
  return [
    name,
    count("requests", ({ requests }) => requests),
    count("failed", ({ failed }) => failed),
    count("input", ({ inputTokens: input }) => input),
    count("cached", ({ cacheReadTokens }) => cacheReadTokens),
    count("output", ({ outputTokens: output }) => output),
    cost,
    { title: "share", cell: share, align: "right" },
  ];
}

function requestColumns({ style, size, now }: DashboardLook): readonly Column<RequestView>[] {
  const time: Column<RequestView> = { title: "time", cell: ({ startedAt }) => formatTime(startedAt, now) };
  const model: Column<RequestView> = { title: "model", cell: ({ last }) => targetName(last), canShrink: true };
  const cost: Column<RequestView> = {
    title: "cost",
    cell: ({ costNanoUsd }) => formatCost(costNanoUsd),
    align: "right",
  };
  if (size.columns < WIDE) return [time, model, cost];
  const state: Column<RequestView> = {
    title: "state",
    cell: ({ last }) => last.state,
    paint: (text, { last }) => paintState(last.state, text, style),
  };
  return [
    time,
    { title: "request", cell: ({ requestId }) => requestId, canShrink: true },
    model,
    state,
    { title: "in", cell: ({ last }) => formatCount(inputTokens(last)), align: "right" },
    { title: "out", cell: ({ last }) => formatCount(outputTokens(last)), align: "right" },
    cost,
  ];
}

/** The part of a list around the chosen line that fits into `room` rows, with a mark beside that line. */
function windowed(lines: readonly string[], selected: number, room: number, style: Colours): readonly string[] {
  const [header = "", ...body] = lines;
  const rows = Math.max(1, room - 1);
  const start = Math.max(0, Math.min(selected - Math.floor(rows / 2), body.length - rows));
  const shown = body.slice(start, start + rows);
  return [
    `  ${header}`,
    ...shown.map((line, index) => (start + index === selected ? `${style.cyan("›")} ${line}` : `  ${line}`)),
  ];
}

const HELP: readonly (readonly [keys: string, meaning: string])[] = [
  ["t w m a", "today, week, month, all"],
  ["1-9 g", `group: ${GROUPS.join(", ")}`],
  ["s", `order: ${ORDERS.join(", ")}`],
  ["/", "filter: words of a name, or provider=openai project=web"],
  ["↑ ↓", "choose a line (also j k, PgUp, PgDn)"],
  ["enter", "into a group's requests, into a request"],
  ["esc", "back, then the filter off"],
  ["q", "quit (also Ctrl-C)"],
];

function helpLines({ style }: DashboardLook): readonly string[] {
  return [
    "",
    ...HELP.map(([keys, meaning]) => `  ${style.bold(keys.padEnd(8))} ${meaning}`),
    "",
    "  any key goes back",
  ];
}

function selectedIn(state: DashboardState, count: number): number {
  return Math.max(0, Math.min(state.selected, count - 1));
}

function footer(state: DashboardState, { style, size }: DashboardLook): string {
  if (state.typing !== null) return `/${plainText(state.typing)}█`;
  const keys =
    size.columns >= WIDE
      ? "t/w/m/a period  g group  s order  / filter  enter into  esc back  ? help  q quit"
      : "? help  q quit";
  return style.dim(keys);
}

function mainLines(state: DashboardState, data: DashboardData, look: DashboardLook, room: number): readonly string[] {
  const { style, size } = look;
  const view = { style, columns: size.columns - 2 };
  if (state.isHelp) return helpLines(look);
  if (state.view === "request") {
    const lines = data.detail === null ? ["reading…"] : billLines(data.detail, { style, columns: size.columns });
    return lines.slice(selectedIn(state, lines.length));
  }
  if (state.view === "requests") {
    const table = renderTable(data.requests, requestColumns(look), view);
    const title = `${plainText(state.group ?? "")}: ${formatPlural(data.requests.length, "latest request")}`;
    return [style.bold(title), ...windowed(table, selectedIn(state, data.requests.length), room - 1, style)];
  }
  const groups = groupsOf(state, data);
  const isTall = size.rows >= TALL && data.requests.length > 0;
  const recent = renderTable(data.requests.slice(0, RECENT), requestColumns(look), view);
  const columns = groupColumns(state.by, data.costs.totals.costNanoUsd, size.columns >= WIDE);
  const table = groups.length === 0 ? ["", "no requests here yet"] : renderTable(groups, columns, view);
  const left = isTall ? room - recent.length - 1 : room;
  const list = windowed(table, selectedIn(state, groups.length), left, style);
  return isTall ? [...list, "", ...recent.map((line) => `  ${line}`)] : list;
}

/** What keys act on: the names of the lines below the summary. */
export function dashboardLines(
  state: DashboardState,
  data: DashboardData,
  { size, style }: DashboardLook,
): DashboardLines {
  const page = Math.max(1, size.rows - 12);
  if (state.view === "requests") return { names: data.requests.map(({ requestId }) => requestId), page };
  if (state.view === "groups") return { names: groupsOf(state, data).map(({ name }) => name), page };
  const lines = data.detail === null ? [] : billLines(data.detail, { style, columns: size.columns });
  return { names: [...lines], page };
}

/** Below the first level, and for help, the summary gives its room to what is looked at. */
function isDeep({ view, isHelp }: DashboardState): boolean {
  return isHelp || view !== "groups";
}

/** The dashboard as lines, one for each row of the screen at most. Pure: the same input is the same screen. */
export function renderDashboard(state: DashboardState, data: DashboardData, look: DashboardLook): readonly string[] {
  const { size } = look;
  const summary = isDeep(state) ? [headLine(state, data, look)] : summaryLines(state, data, look);
  const room = Math.max(2, size.rows - summary.length - 2);
  const main = mainLines(state, data, look, room).slice(0, room);
  const blank = Array.from({ length: Math.max(0, room - main.length) }, () => "");
  return [...summary, "", ...main, ...blank, footer(state, look)].slice(0, size.rows);
}

/** The dashboard once, without keys, for a pipe: as wide as `look` says, with every group. */
export function renderSnapshot(state: DashboardState, data: DashboardData, look: DashboardLook): readonly string[] {
  const { costs, requests } = data;
  const columns = groupColumns(state.by, costs.totals.costNanoUsd, look.size.columns >= WIDE);
  const view = { style: look.style, columns: look.size.columns };
  const groups = groupsOf(state, data);
  return [
    ...summaryLines(state, data, look),
    ...(groups.length === 0 ? [] : ["", ...renderTable(groups, columns, view)]),
    ...(requests.length === 0 ? [] : ["", ...renderTable(requests.slice(0, RECENT), requestColumns(look), view)]),
  ].map((line) => line.trimEnd());
}
