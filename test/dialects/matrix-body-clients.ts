import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { Ollama } from "ollama/browser";
import OpenAI from "openai";
import type { JsonObject } from "../../src/core/json.ts";
import { readChatBody, readGeminiBody, readMessagesBody } from "./matrix-bodies.ts";
import type { Spoken } from "./matrix-codec.ts";
import { type Answer, readResponse, stopClassOf } from "./matrix-oracle.ts";

function replay(wire: string): typeof fetch {
  const answer = async () => new Response(wire, { headers: { "content-type": "application/json" } });
  return answer as unknown as typeof fetch;
}

/** The plain JSON of what a client handed out, getters and classes left behind. */
function plain(value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

async function readAsOpenAi(wire: string): Promise<Answer> {
  const client = new OpenAI({ apiKey: "x", maxRetries: 0, fetch: replay(wire) });
  const completion = await client.chat.completions.create({
    model: "asked",
    messages: [{ role: "user", content: "x" }],
  });
  return readChatBody(plain(completion));
}

async function readAsResponses(wire: string): Promise<Answer> {
  const client = new OpenAI({ apiKey: "x", maxRetries: 0, fetch: replay(wire) });
  return readResponse(plain(await client.responses.create({ model: "asked", input: "x" })));
}

async function readAsAnthropic(wire: string): Promise<Answer> {
  const client = new Anthropic({ apiKey: "x", maxRetries: 0, fetch: replay(wire) });
  const request = { model: "asked", max_tokens: 9, messages: [{ role: "user" as const, content: "x" }] };
  return readMessagesBody(plain(await client.messages.create(request)));
}

async function readAsGemini(wire: string): Promise<Answer> {
  const httpOptions = { baseUrl: "http://upstream.invalid", fetch: replay(wire) };
  const client = new GoogleGenAI({ apiKey: "x", httpOptions });
  const { candidates, usageMetadata } = await client.models.generateContent({ model: "asked", contents: "x" });
  return readGeminiBody(plain({ candidates, usageMetadata }));
}

async function readAsOllama(wire: string): Promise<Answer> {
  const client = new Ollama({ fetch: replay(wire) });
  const reply = await client.chat({ model: "asked", messages: [{ role: "user", content: "x" }], stream: false });
  const tools = (reply.message.tool_calls ?? []).map(({ function: call }) => {
    const { raw_arguments: cut, ...input } = plain(call.arguments);
    return { name: call.name, input: cut ?? input };
  });
  return {
    text: reply.message.content,
    tools,
    stop: stopClassOf(reply.done_reason, tools.length > 0),
    usage: { input: reply.prompt_eval_count, output: reply.eval_count },
  };
}

/** The official client of each inbound dialect, asked for a whole answer; throws where it rejects it. */
export const BODY_CLIENTS: Readonly<Record<Spoken, (wire: string) => Promise<Answer>>> = {
  "openai-chat": readAsOpenAi,
  "openai-responses": readAsResponses,
  anthropic: readAsAnthropic,
  gemini: readAsGemini,
  ollama: readAsOllama,
};
