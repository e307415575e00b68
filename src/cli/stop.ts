import type { Result } from "../core/result.ts";
import { failure, success } from "../core/result.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { type CliProblem, failureProblem } from "../terminal/problem.ts";
import { startSpinner } from "../terminal/spinner.ts";
import type { ReadyRecord } from "./backend.ts";
import { type CliHost, defineCommand } from "./command.ts";
import { locate, notRunning, openAdmin, readView } from "./connection.ts";
import type { DaemonArgs } from "./shared-flags.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";

/** How a daemon is to be stopped. */
export interface StopWish extends DaemonArgs {
  /** Milliseconds to wait for its end. */
  readonly timeout: number;
  readonly force: boolean;
}

async function askToStop(host: CliHost, wish: StopWish, pid: number): Promise<CliProblem | null> {
  const backend = await host.backend();
  if (wish.force) {
    const sent = backend.signalDaemon(pid, "SIGKILL");
    return sent === "not-permitted" ? failureProblem("not_permitted", `process ${pid} belongs to another user`) : null;
  }
  const connection = await openAdmin(host, { ...wish, url: undefined }, "live");
  const body = JSON.stringify({ reason: "lodestar stop" });
  const answer = connection.ok ? await readView(connection.value, "/v1/stop", { method: "POST", body }) : connection;
  if (answer.ok) return null;
  const sent = backend.signalDaemon(pid, "SIGTERM");
  return sent === "not-permitted" ? failureProblem("not_permitted", `process ${pid} belongs to another user`) : null;
}

/** Stops the daemon of a state directory and waits for its end; tells which one it was. */
export async function stopDaemon(host: CliHost, wish: StopWish): Promise<Result<ReadyRecord, CliProblem>> {
  const location = await locate(host, wish);
  if (!location.ok) return location;
  const { ready, stateDir } = location.value;
  if (ready === null) return failure(notRunning(stateDir));
  const problem = await askToStop(host, wish, ready.pid);
  if (problem !== null) return failure(problem);
  const spinner = startSpinner(host.terminal, `waiting for open answers (pid ${ready.pid})`);
  const isGone = await (await host.backend()).waitUntilGone(ready.pid, wish.timeout);
  spinner.stop();
  if (isGone) return success(ready);
  const fix = "lodestar stop --force ends it at once; answers that are being streamed are cut";
  return failure(failureProblem("still_running", `process ${ready.pid} is still draining`, fix));
}

/** The flags of `stop` and `restart`. */
export const stopFlags = {
  timeout: { type: "string", value: "duration", default: "45s", description: "how long to wait for its end" },
  force: { type: "boolean", description: "end it at once, without draining" },
} as const;

export const command = defineCommand({
  meta: {
    name: "stop",
    description: "Stop the daemon after its open answers",
    group: "Run",
    examples: [["lodestar stop", "drains, then ends; exit code 7 when none runs"]],
  },
  args: { ...stopFlags, ...jsonFlag, stateDir: daemonFlags.stateDir, config: daemonFlags.config },
  async run({ args, ...host }) {
    const stopped = await stopDaemon(host, args);
    if (!stopped.ok) return stopped.error;
    if (args.json) host.terminal.out(JSON.stringify({ stopped: stopped.value.pid }));
    else host.terminal.out(`stopped ${stopped.value.pid} (${stopped.value.apiUrl})`);
    return EXIT_CODES.ok;
  },
});
