import type { StatusView } from "../../core/admin-view.ts";
import type { ModelAnswer } from "../../core/model-port.ts";
import { failure, type Result } from "../../core/result.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { readAnswer } from "../ask-answer.ts";
import type { CliHost } from "../command.ts";
import { lostConnection, openAdmin, openApi, readView } from "../connection.ts";
import type { DaemonArgs } from "../shared-flags.ts";

/** The model that a test call asks: the wish, the provider's cheap one, else the first one that it is known to have. */
export async function testModel(
  host: CliHost,
  args: DaemonArgs,
  provider: string,
  wish: string | undefined,
): Promise<Result<string, CliProblem>> {
  const known = (await host.backend()).knownProviders().find(({ id }) => id === provider);
  const named = wish ?? known?.cheapModel;
  if (named !== undefined) return { ok: true, value: named };
  const connection = await openAdmin(host, args, "read");
  if (!connection.ok) return connection;
  const view = await readView<{ models: readonly { provider: string; model: string }[] }>(
    connection.value,
    "/v1/models",
  );
  await connection.value.close();
  if (!view.ok) return view;
  const first = view.value.models.find((model) => model.provider === provider);
  if (first !== undefined) return { ok: true, value: first.model };
  const fix = `lodestar provider test ${provider} --model NAME`;
  return failure(failureProblem("no_model", `no model of ${provider} is known, so there is nothing to ask`, fix));
}

/** Asks a provider for one token, through the gateway, so that it is recorded and priced like any call. */
export async function callProvider(
  host: CliHost,
  args: DaemonArgs,
  provider: string,
  model: string,
): Promise<Result<ModelAnswer, CliProblem>> {
  const connection = await openApi(host, args);
  if (!connection.ok) return connection;
  const spinner = startSpinner(host.terminal, `asking ${provider}/${model}`);
  try {
    const response = await connection.value.send("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": `lodestar-cli/${host.version}` },
      body: JSON.stringify({
        model: `${provider}/${model}`,
        messages: [{ role: "user", content: "Reply with: ok" }],
        max_tokens: 16,
        stream: true,
        stream_options: { include_usage: true },
      }),
      signal: host.signal,
    });
    return response.ok ? await readAnswer(response.value, () => undefined) : response;
  } catch (error) {
    return failure(lostConnection(error, host, connection.value.where));
  } finally {
    spinner.stop();
    await connection.value.close();
  }
}

/** Lets a running daemon read keys and configuration again. Without one there is nothing to do. */
export async function reloadDaemon(host: CliHost, args: DaemonArgs): Promise<"reloaded" | "none" | CliProblem> {
  const connection = await openAdmin(host, args, "live");
  if (!connection.ok) return connection.error.code === "daemon_not_running" ? "none" : connection.error;
  const answer = await readView<StatusView>(connection.value, "/v1/reload", { method: "POST" });
  if (answer.ok) return "reloaded";
  return answer.error.code === "daemon_not_running" ? "none" : answer.error;
}
