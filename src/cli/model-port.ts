import type { ModelPort, ModelQuestion } from "../core/model-port.ts";
import { type Result, success } from "../core/result.ts";
import type { CliProblem } from "../terminal/problem.ts";
import { readAnswer } from "./ask-answer.ts";
import type { CliHost } from "./command.ts";
import { type Connection, lostConnection, openApi } from "./connection.ts";
import type { DaemonArgs } from "./shared-flags.ts";

/** Whose questions they are. */
export interface ModelCaller {
  readonly project: string | null;
  /** What its costs are told under, e.g. `run:4f2a`; null for none. */
  readonly tag: string | null;
}

/** A {@link ModelPort} that must be closed: it may hold the state of this machine. */
export interface OpenModels extends ModelPort<CliProblem> {
  close(): Promise<void>;
}

/** Whose question it is: of a project, and of the session that a launched client's shell runs in. */
function headersOf({ version, environment }: CliHost, { project, tag }: ModelCaller, task: string | undefined) {
  const session = environment.LODESTAR_SESSION ?? "";
  return {
    "content-type": "application/json",
    "user-agent": `lodestar-cli/${version}`,
    ...(project === null ? {} : { "x-lodestar-project": project }),
    ...(tag === null ? {} : { "x-lodestar-tag": tag }),
    ...(task === undefined ? {} : { "x-lodestar-task": task }),
    ...(/^[\x21-\x7e]{1,200}$/.test(session) ? { "x-session-id": session } : {}),
  };
}

function bodyOf({ model, messages, maxOutputTokens, temperature, isJson }: ModelQuestion): string {
  return JSON.stringify({
    model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
    ...(maxOutputTokens === undefined ? {} : { max_tokens: maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(isJson === true ? { response_format: { type: "json_object" } } : {}),
  });
}

function portOver(host: CliHost, connection: Connection, caller: ModelCaller): OpenModels {
  return {
    async ask(question, onText = () => undefined) {
      const signal = question.signal === undefined ? host.signal : AbortSignal.any([host.signal, question.signal]);
      try {
        const response = await connection.send("/v1/chat/completions", {
          method: "POST",
          headers: headersOf(host, caller, question.task),
          body: bodyOf(question),
          signal,
        });
        if (!response.ok) return response;
        return await readAnswer(response.value, onText);
      } catch (error) {
        if (signal.aborted) throw error;
        return { ok: false, error: lostConnection(error, host, connection.where) };
      }
    },
    close: () => connection.close(),
  };
}

/** Opens the models of a running daemon, or those of the same gateway in this process. */
export async function openModels(
  host: CliHost,
  args: DaemonArgs,
  caller: ModelCaller,
): Promise<Result<OpenModels, CliProblem>> {
  const connection = await openApi(host, args);
  return connection.ok ? success(portOver(host, connection.value, caller)) : connection;
}
