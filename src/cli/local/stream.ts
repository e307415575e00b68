import { isJsonObject, parseJson } from "../../core/json.ts";
import { linesOf } from "../../core/lines.ts";
import type { BenchView, LocalEvent } from "../../core/local-view.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import { startProgress } from "../../terminal/progress.ts";
import { plainText } from "../../terminal/table.ts";
import type { CliHost } from "../command.ts";
import { adminProblem, type Connection, lostConnection, openAdmin } from "../connection.ts";
import type { DaemonArgs } from "../shared-flags.ts";

/** A long call: where it goes, and what its progress is called. */
export interface LongCall {
  readonly path: string;
  readonly body: object;
  readonly what: string;
  readonly isJson: boolean;
}

async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<LocalEvent> {
  for await (const line of linesOf(body)) {
    const json = parseJson(line);
    // Both sides are the same release: the shape is ours.
    if (isJsonObject(json)) yield json as unknown as LocalEvent;
  }
}

/** Shows events as they come; what the last one said. */
async function follow(
  host: CliHost,
  call: LongCall,
  events: AsyncIterable<LocalEvent>,
): Promise<Result<BenchView | null, CliProblem>> {
  const progress = startProgress(host.terminal, call.what);
  let bench: BenchView | null = null;
  try {
    for await (const event of events) {
      if (call.isJson) host.terminal.out(JSON.stringify(event));
      if (event.kind === "failed") {
        const { code, message, fix } = event.problem;
        return failure(failureProblem(code, plainText(message), fix ?? undefined));
      }
      if (event.kind === "bench") bench = event.bench;
      if (event.kind === "done") return success(bench);
      if (call.isJson) continue;
      if (event.kind === "step") progress.step(plainText(event.text));
      if (event.kind === "progress") progress.at(event.completedBytes, event.totalBytes, host.now());
    }
  } finally {
    progress.stop();
  }
  return failure(failureProblem("connection_lost", `${call.what} ended without an end`, "the same command goes on"));
}

function cancelled(): CliProblem {
  const fix = "what was downloaded stays; the same command goes on from there";
  return { code: "cancelled", message: "cancelled", fix, exitCode: EXIT_CODES.interrupted };
}

async function runOn(
  host: CliHost,
  call: LongCall,
  connection: Connection,
): Promise<Result<BenchView | null, CliProblem>> {
  const init = { method: "POST", body: JSON.stringify(call.body), signal: host.signal };
  try {
    const response = await connection.send(call.path, init);
    if (!response.ok) return response;
    if (!response.value.ok) return failure(await adminProblem(response.value, connection.where));
    return await follow(host, call, eventsOf(response.value.body ?? new ReadableStream<Uint8Array>()));
  } catch (error) {
    return failure(host.signal.aborted ? cancelled() : lostConnection(error, host, connection.where));
  }
}

/** Runs something that takes long through the admin API and shows how far it is; Ctrl-C ends it there, too. */
export async function runLong(
  host: CliHost,
  args: DaemonArgs,
  call: LongCall,
): Promise<Result<BenchView | null, CliProblem>> {
  const connection = await openAdmin(host, args, "write");
  if (!connection.ok) return connection;
  try {
    return await runOn(host, call, connection.value);
  } finally {
    await connection.value.close();
  }
}
