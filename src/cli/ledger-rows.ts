import type { LedgerRow } from "../core/ledger.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { CliProblem } from "../terminal/problem.ts";
import type { CliHost } from "./command.ts";
import { adminProblem, lostConnection, openAdmin } from "./connection.ts";
import type { DaemonArgs } from "./shared-flags.ts";

/** The rows of a whole answer of `GET /v1/costs/rows`: our own, as the store wrote them. */
export async function readRows(response: Response): Promise<readonly LedgerRow[]> {
  const lines = (await response.text()).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as LedgerRow);
}

/**
 * Hands the NDJSON of `GET /v1/costs/rows` to `take`, chunk by chunk, waiting for it each time, so that any number of rows
 * passes through little memory.
 */
export async function streamRows(
  host: CliHost,
  args: DaemonArgs,
  query: URLSearchParams,
  take: (text: string) => Promise<void>,
): Promise<Result<null, CliProblem>> {
  const connection = await openAdmin(host, args, "read");
  if (!connection.ok) return connection;
  const { where, send, close } = connection.value;
  try {
    const response = await send(`/v1/costs/rows?${query}`, { signal: host.signal });
    if (!response.ok) return response;
    if (!response.value.ok) return failure(await adminProblem(response.value, where));
    const decoder = new TextDecoder();
    for await (const chunk of response.value.body ?? []) await take(decoder.decode(chunk, { stream: true }));
    return success(null);
  } catch (error) {
    return failure(lostConnection(error, host, where));
  } finally {
    await close();
  }
}
