import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isJsonObject, type JsonObject, parseJson } from "../../../src/core/json.ts";
import type { StreamPart } from "../../../src/core/reply.ts";
import type { WireEvent } from "../../../src/dialects/dialect.ts";
import { objectAt, overTheWire, splitBytes } from "../codec.ts";
import { NO_DATA_REASON, type Recording, recordings } from "../recordings.ts";
import { bytesOf, COST_FIELDS, decodeAll, encodeAll, eventsOf, readWithSdk, relayAll } from "./kit.ts";

const STREAMS = recordings({ dialect: "anthropic-messages", kind: "stream" });
const REPEATED_START = /(?:duplicate|spliced)-message-start/;
const COUNTED = STREAMS.length;

function title(text: string): string {
  return COUNTED === 0 ? `${text} ${NO_DATA_REASON}` : `${text} (${COUNTED} answers)`;
}

const each = COUNTED === 0 ? test.skip : test;

/** What a reader that only concatenates makes of a recorded stream: an oracle that shares no code with the codec. */
interface Truth {
  readonly text: string;
  readonly thinking: string;
  readonly signatures: string;
  readonly tools: readonly { readonly name: string; readonly input: unknown }[];
  readonly stopReason: unknown;
  readonly usage: JsonObject;
}

function truthOf(recording: Recording): Truth {
  const blocks: { content: JsonObject; json: string; text: string; thinking: string; signature: string }[] = [];
  let usage: JsonObject = {};
  let stopReason: unknown = null;
  const open = new Map<number, number>();
  const begin = (index: number, content: JsonObject) => {
    open.set(index, blocks.length);
    blocks.push({
      content,
      json: "",
      text: String(content.text ?? ""),
      thinking: String(content.thinking ?? ""),
      signature: String(content.signature ?? ""),
    });
  };
  for (const line of recording.lines) {
    const event = objectAt(parseJson(line));
    if (event.type === "message_start") {
      const message = objectAt(event.message);
      usage = { ...usage, ...objectAt(message.usage) };
      stopReason = message.stop_reason;
      for (const [index, content] of (message.content as JsonObject[]).entries()) begin(index, content);
    }
    if (event.type === "content_block_start") begin(Number(event.index), objectAt(event.content_block));
    const block = blocks[open.get(Number(event.index)) ?? -1];
    if (event.type === "content_block_delta" && block !== undefined) {
      const delta = objectAt(event.delta);
      block.text += String(delta.text ?? "");
      block.json += String(delta.partial_json ?? "");
      block.thinking += String(delta.thinking ?? "");
      block.signature += String(delta.signature ?? "");
    }
    if (event.type === "message_delta") {
      usage = { ...usage, ...objectAt(event.usage) };
      stopReason = objectAt(event.delta).stop_reason;
    }
  }
  return {
    text: blocks.map(({ text }) => text).join(""),
    thinking: blocks.map(({ thinking }) => thinking).join(""),
    signatures: blocks.map(({ signature }) => signature).join(""),
    tools: blocks
      .filter(({ content, json }) => content.type === "tool_use" && (json === "" || parseJson(json) !== undefined))
      .map(({ content, json }) => ({
        name: String(content.name),
        input: json === "" ? content.input : parseJson(json),
      })),
    stopReason,
    usage,
  };
}

type Message = Awaited<ReturnType<typeof readWithSdk>>;

function seenBy(message: Message): Omit<Truth, "usage"> & { readonly counts: readonly unknown[] } {
  const { content, usage } = message;
  return {
    text: content.map((block) => (block.type === "text" ? block.text : "")).join(""),
    thinking: content.map((block) => (block.type === "thinking" ? block.thinking : "")).join(""),
    signatures: content.map((block) => (block.type === "thinking" ? block.signature : "")).join(""),
    tools: content.flatMap((block) => (block.type === "tool_use" ? [{ name: block.name, input: block.input }] : [])),
    stopReason: message.stop_reason,
    counts: [usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens ?? 0],
  };
}

function expectTruth(message: Message, recording: Recording): void {
  const { usage, ...truth } = truthOf(recording);
  const { tools, counts, ...seen } = seenBy(message);
  const { tools: wanted, ...told } = truth;
  expect(seen).toEqual(told);
  expect(
    tools.filter(({ name, input }) => wanted.some((one) => one.name === name && Bun.deepEquals(one.input, input))),
  ).toEqual([...wanted]);
  expect(counts).toEqual([usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens ?? 0]);
}

function lastDelta(events: readonly WireEvent[]): JsonObject {
  const event = events.findLast(({ event: name }) => name === "message_delta");
  return objectAt(parseJson(event?.data ?? ""));
}

function terminals(parts: readonly StreamPart[]): readonly string[] {
  return parts.filter(({ type }) => type === "finish" || type === "error").map(({ type }) => type);
}

describe("every recorded Messages stream", () => {
  each(title("decodes to one finish, and every block that starts ends"), () => {
    for (const recording of STREAMS) {
      const parts = decodeAll(eventsOf(recording));
      expect(terminals(parts)).toEqual(["finish"]);
      expect(parts.at(-1)?.type).toBe("finish");
      const balance = parts.filter(({ type }) => type.endsWith("-start")).length;
      expect(parts.filter(({ type }) => type.endsWith("-end"))).toHaveLength(balance);
      expect(parts.filter(({ type }) => type === "start")).toHaveLength(1);
    }
  });

  each(title("gives the same parts however its bytes are split"), () => {
    for (const recording of STREAMS) {
      const whole = decodeAll(eventsOf(recording));
      const bytes = bytesOf(eventsOf(recording));
      if (bytes.length < 20_000) {
        const every = Array.from({ length: bytes.length }, (_, index) => index);
        expect(decodeAll(splitBytes(bytes, every))).toEqual([...whole]);
      }
      fc.assert(
        fc.property(fc.uniqueArray(fc.nat({ max: bytes.length - 1 }), { maxLength: 40 }), (cuts) => {
          const ordered = [...cuts].sort((left, right) => left - right);
          expect(decodeAll(splitBytes(bytes, ordered))).toEqual([...whole]);
        }),
        { numRuns: 3 },
      );
    }
  });

  let cutCount = 0;
  each(title("ends in exactly one error when cut after any event"), () => {
    for (const recording of STREAMS) {
      const events = eventsOf(recording);
      for (let kept = 0; kept < events.length; kept += events.length > 200 ? 7 : 1) {
        const parts = decodeAll(events.slice(0, kept));
        expect(terminals(parts)).toEqual(["error"]);
        expect(parts.at(-1)).toMatchObject({ type: "error", fault: { kind: "truncated" } });
        cutCount += 1;
      }
    }
    expect(cutCount).toBeGreaterThan(500);
  });

  each(title("is accepted by the official SDK after decoding and encoding, with nothing lost"), async () => {
    for (const recording of STREAMS) {
      const events = encodeAll(decodeAll(eventsOf(recording)));
      const message = await readWithSdk(events);
      expectTruth(message, recording);
      expect(message.model).toBe("best");
      expect(lastDelta(events).usage).toMatchObject(COST_FIELDS);
    }
  });

  each(title("keeps every block of its own dialect through decoding and encoding"), async () => {
    for (const recording of STREAMS.filter(({ file }) => !REPEATED_START.test(file))) {
      const direct = await readWithSdk(relayAll(eventsOf(recording)));
      const coded = await readWithSdk(encodeAll(decodeAll(eventsOf(recording))));
      expect(coded.content.map(({ type }) => type)).toEqual(
        direct.content.filter((block) => block.type !== "text" || block.text !== "").map(({ type }) => type),
      );
      expect(coded.stop_details ?? null).toEqual(direct.stop_details ?? null);
      expect(coded.container ?? null).toEqual(direct.container ?? null);
    }
  });

  each(title("ends in an error event that the official SDK raises when the upstream is cut"), async () => {
    for (const recording of STREAMS) {
      const events = eventsOf(recording);
      for (const share of [0, 0.25, 0.5, 0.75, 0.99]) {
        const sent = encodeAll(decodeAll(events.slice(0, Math.floor(events.length * share))));
        expect(sent.at(-1)?.event).toBe("error");
        await expect(readWithSdk(sent)).rejects.toThrow("without message_stop");
      }
    }
  });
});

describe("every relayed Messages stream", () => {
  function isTouched(event: WireEvent): boolean {
    return event.event === "message_start" || event.event === "message_delta";
  }

  function hashOf(events: readonly WireEvent[]): string {
    return Bun.hash(bytesOf(events.filter((event) => !isTouched(event)))).toString(16);
  }

  each(title("is byte-identical but for the model, the usage event and declared repairs"), () => {
    for (const recording of STREAMS.filter(({ file }) => !REPEATED_START.test(file))) {
      const events = eventsOf(recording);
      const relayed = relayAll(events);
      expect(hashOf(relayed)).toBe(hashOf(events));
      const start = relayed.find(({ event }) => event === "message_start")?.data ?? "";
      const model = objectAt(objectAt(parseJson(events[0]?.data ?? "")).message).model;
      expect(start.replace('"model":"best"', `"model":${JSON.stringify(model)}`)).toBe(events[0]?.data ?? "");
      const { cost, cost_details, cost_saved, usage_source, ...usage } = objectAt(lastDelta(relayed).usage);
      expect<JsonObject>(overTheWire({ cost, cost_details, cost_saved, usage_source }) as JsonObject).toEqual(
        COST_FIELDS,
      );
      const recorded = events.findLast(({ event }) => event === "message_delta");
      if (recorded !== undefined) expect(usage).toEqual(objectAt(objectAt(parseJson(recorded.data)).usage));
    }
  });

  each(title("returns untouched events by identity"), () => {
    for (const recording of STREAMS.filter(({ file }) => !REPEATED_START.test(file))) {
      const events = eventsOf(recording);
      const relayed = new Set(relayAll(events));
      expect(events.filter((event) => !isTouched(event) && !relayed.has(event))).toEqual([]);
    }
  });

  each(title("is accepted by the official SDK, repeated starts included"), async () => {
    for (const recording of STREAMS) expectTruth(await readWithSdk(relayAll(eventsOf(recording))), recording);
  });

  each("drops a repeated start and numbers spliced blocks on", () => {
    const spliced = STREAMS.find(({ file }) => file.includes("spliced"));
    const relayed = relayAll(eventsOf(spliced ?? { lines: [] }));
    const events = relayed.map(({ data }) => objectAt(parseJson(data)));
    expect(events.filter(({ type }) => type === "message_start")).toHaveLength(1);
    const starts = events.filter(({ type }) => type === "content_block_start").map(({ index }) => index);
    const stops = events.filter(({ type }) => type === "content_block_stop").map(({ index }) => index);
    expect(starts).toEqual([0, 1, 2, 3]);
    expect(stops).toEqual([0, 1, 2, 3]);
    expect(events.every((event) => isJsonObject(event))).toBe(true);
  });
});
