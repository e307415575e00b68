import type { Result } from "../../core/result.ts";
import { processScreen, type Screen } from "../../features/counter/screen.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { readKeys } from "../../terminal/keys.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import { createScreenDiff } from "../../terminal/screen-diff.ts";
import type { CliHost, Outcome } from "../command.ts";
import { type Connection, openAdmin } from "../connection.ts";
import { canShowLive, holdScreen } from "../live-screen.ts";
import type { DaemonArgs } from "../shared-flags.ts";
import { createDashboardReader, type DashboardReader } from "./dashboard-data.ts";
import { createWake, readLive } from "./dashboard-follow.ts";
import { type DashboardState, firstState, pressKey } from "./dashboard-state.ts";
import type { DashboardData } from "./dashboard-summary.ts";
import { dashboardLines, renderDashboard, renderSnapshot } from "./dashboard-view.ts";

/** What the command line says of the first screen. */
export interface DashboardWish {
  readonly period: DashboardState["period"];
  readonly by: string;
  readonly filters: Readonly<Record<string, string | undefined>>;
}

/** At most four screens a second, however many requests there are. */
const LEAST_PAUSE_MS = 250;
const SNAPSHOT_COLUMNS = 100;

async function showOnce(
  host: CliHost,
  connection: Connection,
  reader: DashboardReader,
  state: DashboardState,
  isJson: boolean,
): Promise<Outcome> {
  const data = await reader.read(connection, state);
  if (!data.ok) return data.error;
  const { terminal } = host;
  if (isJson) {
    const { costs, trend, budgets, requests, readAt } = data.value;
    terminal.out(JSON.stringify({ costs: { ...costs, period: state.period }, trend, budgets, requests, readAt }));
    return EXIT_CODES.ok;
  }
  const columns = Number.isFinite(terminal.columns) ? terminal.columns : SNAPSHOT_COLUMNS;
  const look = { size: { columns, rows: Number.POSITIVE_INFINITY }, style: terminal.style, now: host.now() };
  for (const line of renderSnapshot(state, data.value, look)) terminal.out(line);
  return EXIT_CODES.ok;
}

interface Session {
  readonly host: CliHost;
  readonly connection: Connection;
  readonly reader: DashboardReader;
  readonly screen: Screen;
}

/** The state that keys change and the data that readings change, drawn as often as either does. */
interface Live {
  readonly state: () => DashboardState;
  /** False where a key ended the dashboard. */
  press(bytes: Uint8Array): boolean;
  /** Takes a reading; a problem stands beside the last good one, and comes back where there is none. */
  take(read: Result<DashboardData, CliProblem>): CliProblem | null;
  draw(): void;
}

function createLive({ host, screen }: Session, first: DashboardState): Live {
  const diff = createScreenDiff();
  let state = first;
  let data: DashboardData | null = null;
  const look = () => ({ size: screen.size(), style: host.terminal.style, now: host.now() });
  function draw(): void {
    if (data !== null) screen.write(diff.draw(renderDashboard(state, data, look()), screen.size()));
  }
  return {
    state: () => state,
    draw,
    press(bytes) {
      for (const key of readKeys(new TextDecoder().decode(bytes))) {
        const lines = data === null ? { names: [], page: 1 } : dashboardLines(state, data, look());
        const next = pressKey(state, key, lines);
        if (next === null) return false;
        state = next;
      }
      draw();
      return true;
    },
    take(read) {
      if (!read.ok && data === null) return read.error;
      if (read.ok) data = read.value;
      else if (data !== null) data = { ...data, problem: read.error.message };
      draw();
      return null;
    },
  };
}

/** The live view, until a key or a signal ends it. */
function runLive(session: Session, first: DashboardState): Promise<Outcome> {
  const { host, connection, reader, screen } = session;
  const live = createLive(session, first);
  const wake = createWake();
  const press = (bytes: Uint8Array): boolean => {
    const goesOn = live.press(bytes);
    if (goesOn) wake.wake();
    return goesOn;
  };
  return holdScreen(host, screen, { press, redraw: live.draw }, (ended) =>
    readLive(connection, host, ended, {
      wake,
      read: () => reader.read(connection, live.state()),
      take: live.take,
      leastPauseMs: LEAST_PAUSE_MS,
    }),
  );
}

/** `costs --dashboard`: live on a terminal, one plain snapshot anywhere else and for `--json`. */
export async function showDashboard(
  host: CliHost,
  args: DaemonArgs & { readonly json: boolean },
  wish: DashboardWish,
  openScreen: () => Screen = processScreen,
): Promise<Outcome> {
  const opened = await openAdmin(host, args, "read");
  if (!opened.ok) return opened.error;
  const connection = opened.value;
  const reader = createDashboardReader(wish.filters, host.now);
  const isLive = canShowLive(host) && !args.json;
  try {
    if (!isLive) return await showOnce(host, connection, reader, firstState(wish), args.json);
    return await runLive({ host, connection, reader, screen: openScreen() }, firstState(wish));
  } finally {
    await connection.close();
  }
}
