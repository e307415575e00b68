import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type Anthropic from "@anthropic-ai/sdk";
import { isJsonObject, parseJson } from "../../src/core/json.ts";
import { type Answer, readChatRecording, readMessagesRecording } from "../dialects/matrix-oracle.ts";
import { NO_DATA_REASON, type Recording, recordings } from "../dialects/recordings.ts";
import { type Behaviour, type FakeUpstream, startFakeUpstream } from "../support/fake-upstream.ts";
import { type RunningLodestar, startLodestar, stopLodestars } from "./driver.ts";
import { CHAT_DIALECTS } from "./http.ts";
import { answerOfMessage, SDK_CLIENTS } from "./sdk-clients.ts";

/** A recorded answer under the model name `<provider>/<number>`. */
interface Case {
  readonly provider: "chat" | "messages";
  readonly recording: Recording;
  readonly expected: Answer;
}

const CUT_CALL = "the recording cuts the first call's arguments, which Anthropic's client parses as far as they go";
const CALLED = "beside a call, a plain stop becomes the word for calls, which clients of this dialect go by";
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ["anthropic/spliced-message-start.chunks.txt > anthropic", CUT_CALL],
  ["anthropic/anthropic-programmatic-tool-calling.1.json > openai-chat", CALLED],
  ["anthropic/anthropic-programmatic-tool-calling.1.json > ollama", CALLED],
]);

function isChat({ text }: Recording): boolean {
  return !text.includes('"object":"text_completion"') && !text.includes('"object": "text_completion"');
}

const STREAMS: readonly Case[] = [
  ...recordings({ dialect: "openai-chat", kind: "stream" })
    .filter(isChat)
    .map((recording) => ({ provider: "chat", recording, expected: readChatRecording(recording.lines) }) as const),
  ...recordings({ dialect: "anthropic-messages", kind: "stream" }).map(
    (recording) => ({ provider: "messages", recording, expected: readMessagesRecording(recording.lines) }) as const,
  ),
];

/** A whole reply read as a stream of one chunk: the oracle takes any shape of content and calls. */
function readWholeChat({ json }: Recording): Answer {
  const reply = json as unknown as { readonly choices: readonly { readonly message: object }[] };
  const choices = reply.choices.map((choice) => ({ ...choice, delta: choice.message }));
  return readChatRecording([JSON.stringify({ ...reply, choices })]);
}

const REPLIES: readonly Case[] = [
  ...recordings({ dialect: "openai-chat", kind: "json" })
    .filter((recording) => isChat(recording) && isJsonObject(recording.json) && Array.isArray(recording.json.choices))
    .map((recording) => ({ provider: "chat", recording, expected: readWholeChat(recording) }) as const),
  ...recordings({ dialect: "anthropic-messages", kind: "json" })
    .filter((recording) => isJsonObject(recording.json) && Array.isArray(recording.json.content))
    .map((recording) => {
      const expected = answerOfMessage(recording.json as unknown as Anthropic.Message);
      return { provider: "messages", recording, expected } as const;
    }),
];

function eventText(line: string, isNamed: boolean): string {
  const json = parseJson(line);
  const name = isNamed && isJsonObject(json) && typeof json.type === "string" ? `event: ${json.type}\n` : "";
  return `${name}data: ${line}\n\n`;
}

function behaviourOf({ provider, recording }: Case): Behaviour {
  if (recording.kind === "json") return { kind: "json", body: recording.json };
  const events = recording.lines.map((line) => eventText(line, provider === "messages"));
  return { kind: "stream", chunks: provider === "chat" ? [...events, "data: [DONE]\n\n"] : events };
}

/** Serves the case whose number the request's model is. */
function replayFrom(cases: readonly Case[]): (call: { readonly body: string }) => Behaviour {
  return ({ body }) => {
    const { model } = JSON.parse(body) as { model: string };
    const found = cases[Number(model)];
    return found === undefined ? { kind: "json", status: 404, body: {} } : behaviourOf(found);
  };
}

/** What did not survive, in words; empty when all did. */
function differences(expected: Answer, actual: Answer): readonly string[] {
  const names = ["text", "tools", "stop", "usage"] as const;
  return names
    .filter((name) => !(name === "usage" && expected.usage === null))
    .filter((name) => !Bun.deepEquals(expected[name], actual[name]))
    .map((name) => `${name}: ${JSON.stringify(expected[name])} became ${JSON.stringify(actual[name])}`.slice(0, 300));
}

const title = STREAMS.length === 0 ? ` ${NO_DATA_REASON}` : "";

describe.skipIf(STREAMS.length === 0)(`recorded answers of real providers through the binary${title}`, () => {
  const cases = [...STREAMS, ...REPLIES];
  let fake: FakeUpstream;
  let lodestar: RunningLodestar;

  beforeAll(async () => {
    fake = await startFakeUpstream(replayFrom(cases));
    lodestar = await startLodestar({
      config: `
providers:
  chat: { dialect: openai-chat, baseUrl: "${fake.url}/v1" }
  messages: { dialect: anthropic, baseUrl: "${fake.url}" }
retries: { attempts: 1 }
breaker: { off: true }`,
    });
  });
  afterAll(async () => {
    await stopLodestars();
    await fake.stop();
  });

  async function problemsOf(shape: "whole" | "stream", inbound: keyof typeof SDK_CLIENTS): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const [number, { provider, recording, expected }] of cases.entries()) {
      const name = `${recording.file} > ${inbound}`;
      if ((recording.kind === "json") !== (shape === "whole") || EXCEPTIONS.has(name)) continue;
      try {
        const actual = await SDK_CLIENTS[inbound][shape](lodestar.apiUrl, `${provider}/${number}`);
        problems.push(...differences(expected, actual).map((difference) => `${name}: ${difference}`));
      } catch (error) {
        problems.push(`${name}: rejected: ${error instanceof Error ? error.message : String(error)}`.slice(0, 300));
      }
    }
    return problems;
  }

  for (const inbound of CHAT_DIALECTS) {
    test(`every recorded stream is accepted by the official client of ${inbound}, with nothing lost`, async () => {
      expect(await problemsOf("stream", inbound)).toEqual([]);
    }, 40_000);

    test(`every recorded whole reply is accepted by the official client of ${inbound}, with nothing lost`, async () => {
      expect(await problemsOf("whole", inbound)).toEqual([]);
    }, 40_000);
  }

  test("every answer is in the ledger once, by the provider's own counts where it gave any", async () => {
    const rows = await lodestar.rows();
    const skipped = EXCEPTIONS.size;
    expect(cases.length).toBeGreaterThan(90);
    expect(rows).toHaveLength(cases.length * CHAT_DIALECTS.length - skipped);
    const wrong = rows.filter((row) => {
      const expected = cases[Number(row.model)]?.expected.usage ?? null;
      if (expected === null) return row.usageSource !== "estimated";
      const { input, output } = row.usage;
      const read = input.uncached + input.cacheRead + input.cacheWrite5m + input.cacheWrite1h;
      return read !== expected.input || output.text + output.reasoning !== expected.output;
    });
    expect(wrong.map((row) => [cases[Number(row.model)]?.recording.file, row.clientDialect, row.usage])).toEqual([]);
  });
});
