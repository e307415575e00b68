import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chatChunks, chatReply } from "./chat-chunks.ts";
import { type Behaviour, startFakeUpstream } from "./fake-upstream.ts";

/** What the scripted model was asked. */
export interface ScriptedQuestion {
  readonly model: string;
  /** All messages, one below the other. */
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Answers in order (the last one again and again), or a function of the question; a behaviour goes wrong in its way. */
export type Script =
  | readonly (string | Behaviour)[]
  | ((question: ScriptedQuestion, index: number) => string | Behaviour | Promise<string | Behaviour>);

/** An OpenAI-compatible model over HTTP that answers as it is told, and a Lodestar that knows it as `scripted/one`. */
export interface ScriptedModel extends AsyncDisposable {
  readonly questions: readonly ScriptedQuestion[];
  /** Points a command or a binary at it: configuration, state directory and key, and nothing of this machine. */
  readonly environment: Readonly<Record<string, string>>;
}

function textOf(body: Readonly<Record<string, unknown>>): string {
  const messages = Array.isArray(body.messages) ? body.messages : [];
  return messages.map((message: { content?: unknown }) => String(message.content ?? "")).join("\n");
}

/** Starts it. Each token costs a millionth of a dollar. */
export async function startScriptedModel(script: Script): Promise<ScriptedModel> {
  const questions: ScriptedQuestion[] = [];
  const upstream = await startFakeUpstream(async (call) => {
    const body = JSON.parse(call.body || "{}") as Record<string, unknown>;
    const question = { model: String(body.model), text: textOf(body), body };
    const index = questions.push(question) - 1;
    const answer =
      typeof script === "function" ? await script(question, index) : (script[index] ?? script.at(-1) ?? "");
    if (typeof answer !== "string") return answer;
    const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
    if (body.stream === true) return { kind: "stream", chunks: chatChunks([answer], usage) };
    return { kind: "json", body: chatReply(answer, usage) };
  });
  const home = mkdtempSync(join(tmpdir(), "lodestar-scripted-"));
  const config = join(home, "config.yaml");
  writeFileSync(
    config,
    `providers:
  scripted: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [one, two], accounts: [{ key: env:SCRIPTED_KEY }] }
prices:
  overrides:
    scripted/one: { input: 1, output: 1 }
    scripted/two: { input: 2, output: 2 }
`,
  );
  return {
    questions,
    environment: {
      HOME: home,
      PATH: process.env.PATH ?? "",
      LODESTAR_CONFIG: config,
      LODESTAR_STATE_DIR: join(home, "state"),
      OLLAMA_HOST: "127.0.0.1:9",
      SCRIPTED_KEY: "scripted-key-0123456789",
      NO_COLOR: "1",
    },
    async [Symbol.asyncDispose]() {
      await upstream.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
