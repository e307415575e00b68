import type { CostsView } from "../core/admin-view.ts";
import type { LedgerRow } from "../core/ledger.ts";
import { failure, type Result, success } from "../core/result.ts";
import { claudeSession, countsOf, STATUSLINE_FORMATS, statusline } from "../features/counter/statusline.ts";
import type { Counts } from "../features/counter/tally.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { type CliProblem, usageProblem } from "../terminal/problem.ts";
import { createTerminal } from "../terminal/terminal.ts";
import { type CliHost, defineCommand } from "./command.ts";
import { adminProblem, type Connection, openAdmin, readView } from "./connection.ts";
import { readCountingBudgets } from "./counting-budgets.ts";
import { readRows } from "./ledger-rows.ts";
import { type DaemonArgs, daemonFlags, jsonFlag } from "./shared-flags.ts";

/** So many of the newest attempts are looked at for the last answer. */
const NEWEST_ROWS = 20;

/** Widest line where the terminal's width is not known. */
const USUAL_COLUMNS = 120;

async function newestRows(
  connection: Connection,
  query: URLSearchParams,
): Promise<Result<readonly LedgerRow[], CliProblem>> {
  const response = await connection.send(`/v1/costs/rows?${query}&limit=${NEWEST_ROWS}`);
  if (!response.ok) return response;
  if (!response.value.ok) return failure(await adminProblem(response.value, connection.where));
  return success(await readRows(response.value));
}

/** The counts of a session, or of today. */
async function readCounts(connection: Connection, session: string | null): Promise<Result<Counts, CliProblem>> {
  const filter = new URLSearchParams(session === null ? {} : { session });
  const [view, rows] = await Promise.all([
    readView<CostsView>(connection, `/v1/costs?${filter}&period=${session === null ? "today" : "all"}`),
    newestRows(connection, filter),
  ]);
  if (!view.ok) return view;
  if (!rows.ok) return rows;
  const budgets = await readCountingBudgets(connection, rows.value[0]?.requestId ?? null);
  if (!budgets.ok) return budgets;
  const isWithin = ({ startedAt }: LedgerRow): boolean => startedAt >= (view.value.from ?? 0);
  return success(countsOf(view.value.totals, rows.value.filter(isWithin), budgets.value));
}

/** From the daemon, or from its ledger where none runs; a daemon that was just killed may have left its ready file. */
async function fetchCounts(
  host: CliHost,
  args: DaemonArgs,
  session: string | null,
): Promise<Result<Counts, CliProblem>> {
  const connection = await openAdmin(host, args, "read");
  if (!connection.ok) return connection;
  try {
    return await readCounts(connection.value, session);
  } finally {
    await connection.value.close();
  }
}

/** ANSI colours although the output is a pipe: the reader of this line shows them. */
function lineColours({ environment }: CliHost): CliHost["terminal"]["style"] {
  const nowhere = { write: () => undefined };
  return createTerminal(nowhere, nowhere, { FORCE_COLOR: "1", ...environment }).style;
}

/** `lodestar statusline`: one line for other programs' status lines. */
export const command = defineCommand({
  meta: {
    name: "statusline",
    description: "Tokens, cost, budget left and last model in one line, for tmux, starship and Claude Code",
    group: "See",
    examples: [
      ["set -g status-right '#(lodestar statusline --format tmux)'", "today in tmux, in tmux.conf"],
      ["lodestar statusline --session 4f1c…", "one session, as `lodestar costs --by session` names it"],
    ],
    notes: [
      'Claude Code: `"statusLine": {"type": "command", "command": "lodestar statusline --format claude"}` in its settings; the session is read from the JSON that it sends. Starship: a `[custom.lodestar]` with `command = "lodestar statusline --format starship"` and `when = true`.',
      "Without a session it shows today. Where no daemon runs it reads the ledger itself.",
    ],
  },
  args: {
    format: { type: "enum", options: [...STATUSLINE_FORMATS], default: "plain", description: "whose line it is" },
    session: { type: "string", valueHint: "ID", description: "only this client session (default: today)" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const { terminal } = host;
    const { format } = args;
    const isAsked = format === "claude" && args.session === undefined && host.stdin.isTTY !== true;
    const session = args.session ?? (isAsked ? claudeSession(await host.stdin.readAll()) : null);
    if (isAsked && session === null) {
      const fix = "Claude Code sends it by itself; elsewhere: lodestar statusline --format claude --session ID";
      return usageProblem("no_session", "standard input holds no JSON with a session_id", fix);
    }
    const counts = await fetchCounts(host, args, session);
    if (!counts.ok) return counts.error;
    const columns = Math.min(USUAL_COLUMNS, terminal.columns);
    if (args.json) terminal.out(JSON.stringify({ session, ...counts.value }));
    else terminal.out(statusline(counts.value, format, columns, lineColours(host)));
    return EXIT_CODES.ok;
  },
});
