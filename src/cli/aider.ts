import type { LodestarEvent } from "../core/event.ts";
import { parseJson } from "../core/json.ts";
import type { Result } from "../core/result.ts";
import { aider } from "../features/clients/aider.ts";
import { type Program, runProgram } from "../features/clients/run-program.ts";
import { type CounterSource, followSession } from "../features/counter/follow.ts";
import type { Placement } from "../features/counter/overlay.ts";
import { runCounted } from "../features/counter/run.ts";
import { processScreen } from "../features/counter/screen.ts";
import type { CliProblem } from "../terminal/problem.ts";
import { type CliHost, defineCommand } from "./command.ts";
import { openAdmin } from "./connection.ts";
import { readCountingBudgets } from "./counting-budgets.ts";
import { launchClient } from "./launch.ts";
import { readRows } from "./ledger-rows.ts";
import { projectFlag } from "./project/here.ts";
import { programOf } from "./setup/target.ts";
import { type DaemonArgs, daemonFlags } from "./shared-flags.ts";
import { readServerEvents } from "./sse.ts";

const PLACEMENTS = ["line", "title", "off"] as const;

/** What a counter's source makes of a problem: its words, since it only tries again. */
function orThrow<Value>(result: Result<Value, CliProblem>): Value {
  if (result.ok) return result.value;
  throw new Error(result.error.message);
}

async function fetchFrom(host: CliHost, args: DaemonArgs, path: string, signal: AbortSignal): Promise<Response> {
  const connection = orThrow(await openAdmin(host, args, "live"));
  const response = orThrow(await connection.send(path, { signal }));
  if (!response.ok) throw new Error(`${connection.where} answered ${response.status}`);
  return response;
}

/** Our own daemon's schema, as in `lodestar events`. */
async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncIterable<LodestarEvent> {
  for await (const { data } of readServerEvents(body)) {
    const event = parseJson(data);
    if (event !== undefined) yield event as unknown as LodestarEvent;
  }
}

/** The counter's events and rows from the admin API, found anew each time: a daemon that was restarted may have moved. */
function daemonSource(host: CliHost, args: DaemonArgs): CounterSource {
  return {
    async events(signal) {
      const { body } = await fetchFrom(host, args, "/v1/events", signal);
      return eventsOf(body ?? new Blob([]).stream());
    },
    async rows(session, signal) {
      const query = new URLSearchParams({ session });
      return readRows(await fetchFrom(host, args, `/v1/costs/rows?${query}`, signal));
    },
    async budgets(requestId, signal) {
      const connection = orThrow(await openAdmin(host, args, "live"));
      return orThrow(await readCountingBudgets(connection, requestId, signal));
    },
  };
}

/** Where the counter can be shown: nowhere without a terminal, where the system has no pseudo-terminals, or on one that knows no sequences. */
function placementFor(host: CliHost, wish: (typeof PLACEMENTS)[number]): Placement | null {
  const isOnTerminal = host.terminal.isOutTty && host.stdin.isTTY === true;
  if (wish === "off" || !isOnTerminal || process.platform === "win32") return null;
  return host.environment.TERM === "dumb" ? null : wish;
}

async function runWith(
  host: CliHost,
  args: DaemonArgs,
  placement: Placement,
  program: Program,
  session: string,
): Promise<Result<number, CliProblem>> {
  const counter = followSession(session, daemonSource(host, args));
  // The Linux console takes a title for text.
  const hasTitle = host.environment.TERM !== "linux";
  try {
    return await runCounted(program, { counter, screen: processScreen(), placement, hasTitle }, host.onSignal);
  } finally {
    counter.stop();
  }
}

/** `lodestar aider`: Aider with temporary settings, and what it costs on the terminal's last line. */
export const command = defineCommand({
  meta: {
    name: "aider",
    description: "Run Aider against the daemon, with its tokens and cost on the last line",
    group: "Run",
    examples: [
      ["lodestar aider", "Aider in this folder, every request through Lodestar"],
      ["lodestar aider --model coder -- --no-auto-commits main.ts", "what stands behind -- goes to Aider"],
    ],
    notes: [
      "The last line shows this run's tokens in and out, its cost, what the tightest budget has left, the model and route of the last answer, and what was saved, as the ledger has them. Where the line cannot be drawn the counter stands in the terminal's title; without a terminal Aider runs as it is. Settings are temporary, as with `lodestar launch`, and the exit code is Aider's own.",
      "AIDER_BIN names another program than the `aider` on the PATH.",
    ],
  },
  args: {
    model: { type: "string", alias: "m", valueHint: "NAME", description: "the model that Aider asks for" },
    project: {
      ...projectFlag.project,
      description: "whom the cost counts for (default: that of .lodestar.yaml, else the folder's name)",
    },
    counter: {
      type: "enum",
      options: [...PLACEMENTS],
      default: "line",
      description: "where tokens and cost are shown",
    },
    ...daemonFlags,
  },
  run({ args, rest, ...host }) {
    const placement = placementFor(host, args.counter);
    const chosen = host.environment.AIDER_BIN ?? "";
    return launchClient(host, {
      client: aider,
      program: chosen === "" ? programOf(aider, host.environment) : chosen,
      args,
      rest,
      run: (program, session) =>
        placement === null ? runProgram(program, host.onSignal) : runWith(host, args, placement, program, session),
    });
  },
});
