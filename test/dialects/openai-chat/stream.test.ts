import { describe, expect, test } from "bun:test";
import OpenAI from "openai";
import { parseJson } from "../../../src/core/json.ts";
import type { StreamPart } from "../../../src/core/reply.ts";
import { totalInput, totalOutput } from "../../../src/core/usage.ts";
import type { ReplyStamp, WireEvent } from "../../../src/dialects/dialect.ts";
import { createSseSplitter, writeSse } from "../../../src/dialects/sse.ts";
import { dataRoot, NO_DATA_REASON } from "../recordings.ts";
import { chatStreams, decode, encode, gistOf, relayed, responseOf, STAMP } from "./support.ts";

const STREAMS = chatStreams();
const CHAT_STREAMS = STREAMS.filter(({ file }) => !file.includes("openai-completion"));

/** What OpenAI's own client makes of a stream with its `.stream()` helper. */
async function readByClient(events: readonly WireEvent[], chunkBytes: number) {
  const client = new OpenAI({
    apiKey: "none",
    baseURL: "http://upstream.test/v1",
    maxRetries: 0,
    fetch: async () => responseOf(events, chunkBytes),
  });
  const stream = client.chat.completions.stream({ model: "m", messages: [], stream_options: { include_usage: true } });
  return stream.finalChatCompletion();
}

type Finish = Extract<StreamPart, { type: "finish" }>;

function finishOf(parts: readonly StreamPart[]): Finish {
  const last = parts.at(-1);
  if (last?.type !== "finish") throw new Error(`the stream did not finish but ended in ${JSON.stringify(last)}`);
  return last;
}

const WORDS: Readonly<Record<string, string>> = { stop: "stop", length: "length", "tool-calls": "tool_calls" };

/** The client's completion says what the decoder read: text, calls, stop word, usage and our cost. */
async function expectSurvives(parts: readonly StreamPart[], events: readonly WireEvent[], chunkBytes: number) {
  const completion = await readByClient(events, chunkBytes);
  const gist = gistOf(parts);
  const finish = finishOf(parts);
  const [choice] = completion.choices;
  expect(completion.model).toBe(STAMP.requestedModel);
  expect(choice?.message.content ?? "").toBe(gist.text);
  const calls = (choice?.message.tool_calls ?? []).map((call) =>
    call.type === "function" ? call.function : undefined,
  );
  expect(calls.map((call) => ({ name: call?.name, arguments: call?.arguments }))).toEqual(gist.calls);
  expect(choice?.finish_reason).toBe(WORDS[finish.finish.unified] as "stop");
  expect(completion.usage).toMatchObject({ cost: 0.0015, usage_source: "provider" });
  if (finish.usage !== undefined) expect(completion.usage?.prompt_tokens).toBe(totalInput(finish.usage));
}

/** No block overlaps another, every delta and end names the open one, and the last part is the only finish or error. */
function expectWellFormed(parts: readonly StreamPart[]): void {
  let open: number | undefined;
  let nextBlock = 0;
  for (const [index, part] of parts.entries()) {
    if (part.type === "finish" || part.type === "error") expect(index).toBe(parts.length - 1);
    if (!("block" in part)) continue;
    if (part.type.endsWith("-start")) {
      expect(open).toBeUndefined();
      expect(part.block).toBe(nextBlock++);
      open = part.block;
      continue;
    }
    expect(part.block).toBe(open ?? -1);
    if (part.type.endsWith("-end")) open = undefined;
  }
  expect(["finish", "error"]).toContain(parts.at(-1)?.type ?? "nothing");
  if (parts.at(-1)?.type === "finish") expect(open).toBeUndefined();
}

describe.skipIf(dataRoot() === undefined)(`recorded chat streams ${NO_DATA_REASON}`, () => {
  test(`are all there: ${STREAMS.length} streams, ${CHAT_STREAMS.length} of them chat`, () => {
    expect(STREAMS.length).toBe(25);
    expect(CHAT_STREAMS.length).toBe(24);
  });

  for (const { file, events } of STREAMS) {
    test(`${file} decodes to well-formed parts with an answer`, () => {
      const parts = decode(events);
      expectWellFormed(parts);
      expect(parts[0]?.type).toBe("start");
      const gist = gistOf(parts);
      expect(gist.text.length + gist.calls.length).toBeGreaterThan(0);
      for (const call of gist.calls) expect(parseJson(call.arguments)).toBeDefined();
      expect(finishOf(parts).finish.unified === "tool-calls").toBe(gist.calls.length > 0);
    });

    test(`${file} gives the usage it states`, () => {
      const { usage } = finishOf(decode(events));
      const stated = events.flatMap(({ data }) => {
        const counts = (parseJson(data) as { usage?: { prompt_tokens: number; total_tokens: number } } | undefined)
          ?.usage;
        return counts === undefined || counts === null ? [] : [counts];
      });
      const last = stated.at(-1);
      expect(usage === undefined).toBe(last === undefined);
      if (usage === undefined || last === undefined) return;
      expect(totalInput(usage)).toBe(last.prompt_tokens);
      expect(totalInput(usage) + totalOutput(usage)).toBe(last.total_tokens);
    });

    test(`${file} decodes alike however its bytes are cut`, () => {
      const whole = decode(events);
      const bytes = new TextEncoder().encode(events.map(writeSse).join(""));
      for (const size of [1, 7, 1000]) {
        const splitter = createSseSplitter();
        const cut: WireEvent[] = [];
        for (let at = 0; at < bytes.length; at += size) {
          for (const frame of splitter.push(bytes.subarray(at, at + size)).frames) cut.push(frame.event);
        }
        expect(decode(cut)).toEqual(whole);
      }
    });

    test(`${file} cut after any event ends in one error, or in its finish once that was seen`, () => {
      const finishAt = events.findIndex(({ data }) => /"finish_reason":\s*"/.test(data));
      for (let cut = 0; cut < events.length; cut++) {
        const parts = decode(events.slice(0, cut));
        expect(parts.at(-1)?.type).toBe(cut <= finishAt ? "error" : "finish");
        expect(parts.filter((part) => part.type === "error" || part.type === "finish")).toHaveLength(1);
      }
    });
  }

  for (const { file, events } of CHAT_STREAMS) {
    test(`${file}, encoded again, is accepted by the official client and loses nothing`, async () => {
      const parts = decode(events);
      for (const chunkBytes of [11, 1 << 20]) await expectSurvives(parts, encode(parts), chunkBytes);
    });

    test(`${file}, relayed, is accepted by the official client and loses nothing`, async () => {
      const parts = decode(events);
      for (const chunkBytes of [11, 1 << 20]) await expectSurvives(parts, relayed(events), chunkBytes);
    });

    test(`${file} is relayed without a chunk more where no usage was asked for, and with its cost`, () => {
      const stamp: ReplyStamp = { ...STAMP, streamUsage: false };
      const sent = relayed(events, stamp);
      const chunks = sent.slice(0, -1).map(({ data }) => parseJson(data) as { model?: string; choices?: unknown[] });
      expect(sent.at(-1)).toEqual({ data: "[DONE]" });
      expect(sent.length).toBeLessThanOrEqual(events.length);
      expect(sent.filter(({ data }) => data.includes('"cost":0.0015'))).toHaveLength(1);
      expect(sent.at(-2)?.data).toContain('"cost":0.0015');
      expect(chunks.at(-1)?.choices).toHaveLength(1);
      for (const chunk of chunks) expect(chunk.model).toBe(STAMP.requestedModel);
    });

    test(`${file} keeps every event but the last ones and the repaired ones by identity under its own name`, () => {
      const own =
        /"model":"([^"]+)"/.exec(events.find(({ data }) => /"model":"[^"]/.test(data))?.data ?? "")?.[1] ?? "";
      const sent = relayed(events, { ...STAMP, requestedModel: own });
      const changed = events.filter((event) => !sent.includes(event)).length;
      expect(changed).toBeLessThanOrEqual(file.startsWith("mistral/") || file.endsWith(".sse") ? 6 : 3);
    });
  }
});
