import { type CheckReport, checkDialect } from "../../features/clients/check.ts";
import type { Client, ClientDialect, Place, Scope } from "../../features/clients/client.ts";
import { readRecord, recordPath, type SetupRecord } from "../../features/clients/record.ts";
import { planUndo } from "../../features/clients/undo.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatDuration } from "../../terminal/format.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { plainText } from "../../terminal/table.ts";
import type { CliHost, Outcome } from "../command.ts";
import { locate, openApi } from "../connection.ts";
import type { DaemonArgs } from "../shared-flags.ts";

/** What a check is about. */
export interface CheckWish {
  readonly client: Client;
  readonly scope: Scope;
  readonly place: Place;
  readonly model: string | undefined;
  readonly isJson: boolean;
}

const DIALECT_NAMES: Readonly<Record<ClientDialect, string>> = {
  "openai-chat": "OpenAI chat",
  "openai-responses": "OpenAI Responses",
  anthropic: "Anthropic Messages",
  gemini: "Gemini",
};

/** Asked where the client keeps its own model names: it costs nothing. */
const FREE_MODEL = "free";

function notSetUp({ client, scope }: CheckWish): CliProblem {
  const flag = scope === "project" ? " --project" : "";
  return failureProblem(
    "client_not_set_up",
    `${client.name} is not set up by this Lodestar`,
    `lodestar setup ${client.id}${flag}`,
  );
}

/** What somebody changed in the files since, one line each. */
function drift(record: SetupRecord): Result {
  const files = planUndo(record);
  if (!files.ok) return { problem: files.error, lines: [] };
  const lines = files.value.flatMap(({ record: { path }, how, kept }) => {
    if (how === "gone") return [`${path} is gone`];
    return kept.map((setting) => `${path}: ${setting} was set to something else since`);
  });
  return { problem: null, lines };
}

interface Result {
  readonly problem: CliProblem | null;
  readonly lines: readonly string[];
}

function tell(host: CliHost, wish: CheckWish, report: CheckReport, durationMs: number): void {
  const { terminal } = host;
  const { dialect, requestedModel, answeredBy, text, costUsd, requestId } = report;
  const who =
    answeredBy === null || answeredBy === requestedModel ? requestedModel : `${answeredBy} for ${requestedModel}`;
  const cost = costUsd === null ? "no price" : `$${costUsd}`;
  const said = text === "" ? "an answer without text" : `"${plainText(text).slice(0, 60)}"`;
  terminal.out(`${wish.client.name} works: ${DIALECT_NAMES[dialect]} at ${report.path}, ${who}`);
  terminal.talk(`${said}, ${formatDuration(durationMs)}, ${cost}${requestId === null ? "" : `, ${requestId}`}`);
}

/** Makes one real request in the client's dialect, at the URL that was written for it. */
export async function runCheck(host: CliHost, args: DaemonArgs, wish: CheckWish): Promise<Outcome> {
  const location = await locate(host, args);
  if (!location.ok) return location.error;
  const { stateDir, ready } = location.value;
  const record = readRecord(recordPath(stateDir, wish.client.id, wish.scope, wish.place.cwd));
  if (!record.ok) return record.error;
  if (record.value === null) return notSetUp(wish);
  const { problem, lines } = drift(record.value);
  if (problem !== null) return problem;
  for (const line of lines) host.terminal.talk(line);
  const { baseUrl } = record.value;
  const connection = await openApi(host, { ...args, url: baseUrl });
  if (!connection.ok) return connection.error;
  const startedAt = host.now();
  const spinner = startSpinner(host.terminal, `asking as ${wish.client.name}`);
  const model = wish.model ?? record.value.model ?? FREE_MODEL;
  const report = await checkDialect(wish.client.dialect, model, (path, init) =>
    connection.value.send(path, { ...init, signal: host.signal }),
  ).finally(() => spinner.stop());
  if (!report.ok) {
    const hasMoved = report.error.exitCode === EXIT_CODES.notRunning && ready !== null && args.url === undefined;
    if (!hasMoved) return report.error;
    const fix = `lodestar setup ${wish.client.id} points it at the daemon that runs, ${ready.apiUrl}`;
    return { ...report.error, fix };
  }
  if (wish.isJson) host.terminal.out(JSON.stringify({ client: wish.client.id, ...report.value, changed: lines }));
  else tell(host, wish, report.value, host.now() - startedAt);
  return lines.length === 0 ? EXIT_CODES.ok : EXIT_CODES.failure;
}
