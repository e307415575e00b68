import { describe, expect, test } from "bun:test";
import { isJsonObject, parseJson } from "../../../src/core/json.ts";
import type { Dialect } from "../../../src/dialects/dialect.ts";
import { createStreamSplitter } from "../../../src/dialects/framing.ts";
import { gemini, geminiArray } from "../../../src/dialects/gemini/dialect.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { createTranslator, type Translator } from "../../../src/gateway/translator.ts";
import { objectAt } from "../codec.ts";
import { at, COST, COST_FIELDS, STAMP } from "./kit.ts";

function translatorOf(from: Dialect, to: Dialect): Translator {
  return createTranslator({ from, to, isRelay: from === to, stamp: STAMP, complete: () => COST });
}

/** What the client reads of an upstream's stream that arrives whole; with `isCut` the stream breaks in its place. */
function translated(from: Dialect, to: Dialect, wire: string, isCut = false): string {
  const translator = translatorOf(from, to);
  const splitter = createStreamSplitter(from.framing);
  const frames = [...splitter.push(new TextEncoder().encode(wire)).frames, ...splitter.end().frames];
  const text = frames.map(({ event, raw }) => translator.step(event, raw)).join("");
  return text + (isCut ? translator.fail({ kind: "truncated", message: "cut" }) : translator.end());
}

const FIRST = '{"candidates":[{"content":{"parts":[{"text":"a"}],"role":"model"}}],"modelVersion":"best"}';
const LAST =
  '{"candidates":[{"content":{"parts":[{"text":"b"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}}';
const ARRAY = `[${FIRST}\n,\n${LAST}\n]`;
const SSE = `data: ${FIRST}\r\n\r\ndata: ${LAST}\r\n\r\n`;

function elements(text: string): readonly unknown[] {
  const parsed = parseJson(text);
  if (!Array.isArray(parsed)) throw new Error(`no JSON array: ${text}`);
  return parsed;
}

describe("a Gemini stream through the gateway", () => {
  test("as an array from an array keeps its elements byte for byte, and the last carries the cost", () => {
    const out = translated(geminiArray, geminiArray, ARRAY);
    expect(out.startsWith(`[${FIRST},\r\n`)).toBe(true);
    expect(at(elements(out).at(-1), "usageMetadata")).toMatchObject({ promptTokenCount: 1, ...COST_FIELDS });
  });

  test("as SSE from SSE keeps the bytes of every event but the last", () => {
    const out = translated(gemini, gemini, SSE);
    expect(out.startsWith(`data: ${FIRST}\r\n\r\n`)).toBe(true);
    expect(out).toContain('"cost":');
  });

  test("as an array from a chat upstream is one valid array", () => {
    const chunk = (delta: object, finish: string | null): string =>
      `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    const wire = `${chunk({ role: "assistant", content: "a" }, null)}${chunk({}, "stop")}data: [DONE]\n\n`;
    const out = elements(translated(openaiChat, geminiArray, wire));
    expect(at(out[0], "candidates", 0, "content", "parts", 0)).toEqual({ text: "a" });
    expect(at(out.at(-1), "candidates", 0, "finishReason")).toBe("STOP");
  });

  test.each([gemini, geminiArray])("to a client in framing $framing that breaks ends in an error it can read", (to) => {
    const wire = to.framing === "sse" ? `data: ${FIRST}\n\n` : `[${FIRST}`;
    const out = translated(to, to, wire, true);
    const last = to.framing === "sse" ? parseJson(out.split("data: ").at(-1) ?? "") : elements(out).at(-1);
    expect(isJsonObject(last) && objectAt(last.error)).toMatchObject({ code: 502, status: "INTERNAL", message: "cut" });
  });

  test("that the upstream closes too early is a fault, and nothing is closed as if it were whole", () => {
    const translator = translatorOf(geminiArray, geminiArray);
    const { frames } = createStreamSplitter("json-array").push(new TextEncoder().encode(`[${FIRST}`));
    const text = frames.map(({ event, raw }) => translator.step(event, raw)).join("") + translator.end();
    expect(translator.seen.fault).toMatchObject({ kind: "truncated" });
    expect(text).toBe(`[${FIRST}`);
    const fault = translator.seen.fault;
    if (fault === null) throw new Error("no fault");
    expect(elements(text + translator.fail(fault))).toHaveLength(2);
  });
});
