import type { LocalEvent } from "../../core/local-view.ts";
import type { ModelWish } from "./local-servers.ts";
import { callOllama } from "./ollama-stream.ts";

/** What a new model is made of. */
export interface CreateWish extends ModelWish {
  readonly from: string;
  readonly contextTokens: number | null;
  readonly temperature: number | null;
  readonly system: string | null;
}

/** Makes a model from an installed one; the weights are shared. Source: docs.ollama.com/api, "Create a model". */
export async function* createModel(baseUrl: string, wish: CreateWish, signal: AbortSignal): AsyncGenerator<LocalEvent> {
  const { model, from, contextTokens, temperature, system } = wish;
  const parameters = {
    ...(contextTokens === null ? {} : { num_ctx: contextTokens }),
    ...(temperature === null ? {} : { temperature }),
  };
  const body = { model, from, parameters, stream: true, ...(system === null ? {} : { system }) };
  for await (const line of callOllama({ baseUrl, path: "/api/create", body, signal })) {
    if (!line.ok) return yield { kind: "failed", problem: line.problem };
    const { status } = line.body;
    if (status === "success") return yield { kind: "done" };
    if (typeof status === "string") yield { kind: "step", text: status };
  }
  const message = "Ollama ended without saying that the model was made";
  yield { kind: "failed", problem: { code: "ollama_refused", message, fix: null } };
}
