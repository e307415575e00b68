import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../../src/core/json.ts";
import type { StreamPart } from "../../../src/core/reply.ts";
import type { WireEvent } from "../../../src/dialects/dialect.ts";
import { listAt, objectAt, splitBytes } from "../codec.ts";
import { NO_DATA_REASON, type Recording } from "../recordings.ts";
import {
  BROKEN_STREAMS,
  bytesOf,
  COST_FIELDS,
  dataOf,
  decodeAll,
  encodeAll,
  eventsOf,
  iterateWithSdk,
  readWithSdk,
  relayAll,
  STREAMS,
} from "./kit.ts";

const each = STREAMS.length === 0 ? test.skip : test;

function title(text: string): string {
  return STREAMS.length === 0 ? `${text} ${NO_DATA_REASON}` : `${text} (${STREAMS.length} answers)`;
}

/** What the last event of a recording says: an oracle that shares no code with the codec. */
interface Truth {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly { readonly name: unknown; readonly input: unknown }[];
  readonly counts: readonly unknown[];
}

function textsOf(item: JsonObject, member: string): string {
  return Array.isArray(item[member])
    ? listAt(item[member])
        .map(({ text }) => String(text ?? ""))
        .join("\n\n")
    : "";
}

/** A recording whose deltas say another text than its items: what was streamed cannot be taken back. */
const CONTRADICTED = {
  file: "openai/responses/openai-shell-container.1.chunks.txt",
  text: "The command ran successfully.",
};

function truthOf({ lines, file }: Recording): Truth {
  const response = objectAt(objectAt(parseJson(lines.at(-1) ?? "")).response);
  const output = listAt(response.output);
  const tools = listAt(response.tools ?? []);
  const isOffered = (name: JsonValue | undefined): boolean =>
    tools.some((tool) => tool.type === "custom" && tool.name === name);
  const messages = output.filter(({ type }) => type === "message").flatMap(({ content }) => listAt(content));
  const usage = objectAt(response.usage);
  return {
    text: file === CONTRADICTED.file ? CONTRADICTED.text : messages.map(({ text }) => String(text ?? "")).join(""),
    reasoning: output
      .filter(({ type }) => type === "reasoning")
      .map((item) => textsOf(item, "summary") || textsOf(item, "content"))
      .join(""),
    calls: output.flatMap(({ type, name, arguments: args, input }) => {
      if (type === "function_call") return [{ name, input: args }];
      return type === "custom_tool_call" && isOffered(name) ? [{ name, input: JSON.stringify({ input }) }] : [];
    }),
    counts: [usage.input_tokens, usage.output_tokens, usage.total_tokens],
  };
}

function toldBy(parts: readonly StreamPart[]): Omit<Truth, "counts"> {
  const calls: { name: string; input: string }[] = [];
  let text = "";
  let reasoning = "";
  for (const part of parts) {
    if (part.type === "text-delta") text += part.text;
    if (part.type === "reasoning-delta") reasoning += part.text;
    if (part.type === "tool-call-start") calls.push({ name: part.name, input: "" });
    const call = calls.at(-1);
    if (part.type === "tool-call-delta" && call !== undefined) call.input += part.arguments;
  }
  return { text, reasoning, calls };
}

function terminals(parts: readonly StreamPart[]): readonly string[] {
  return parts.filter(({ type }) => type === "finish" || type === "error").map(({ type }) => type);
}

function numbersOf(events: readonly WireEvent[]): readonly unknown[] {
  return events.filter(({ data }) => data !== "[DONE]").map((event) => dataOf(event).sequence_number);
}

describe("every recorded Responses stream", () => {
  each(title("decodes to one finish, with text, reasoning and calls as its last event tells them"), () => {
    for (const recording of STREAMS) {
      const parts = decodeAll(eventsOf(recording));
      const { counts, ...truth } = truthOf(recording);
      expect({ file: recording.file, ...toldBy(parts) }).toEqual({ file: recording.file, ...truth } as never);
      expect(terminals(parts)).toEqual(["finish"]);
      expect(parts.at(-1)?.type).toBe("finish");
      expect(parts.filter(({ type }) => type === "start")).toHaveLength(1);
      const starts = parts.filter(({ type }) => type.endsWith("-start")).length;
      expect(parts.filter(({ type }) => type.endsWith("-end"))).toHaveLength(starts);
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
        fc.property(fc.uniqueArray(fc.nat({ max: bytes.length - 1 }), { maxLength: 20 }), (cuts) => {
          const ordered = [...cuts].sort((left, right) => left - right);
          expect(decodeAll(splitBytes(bytes, ordered))).toEqual([...whole]);
        }),
        { numRuns: 2 },
      );
    }
  });

  each(title("ends in exactly one error when cut after any event"), () => {
    let cuts = 0;
    for (const recording of STREAMS) {
      const events = eventsOf(recording);
      for (let kept = 0; kept < events.length; kept += events.length > 200 ? 11 : 1) {
        const parts = decodeAll(events.slice(0, kept));
        expect(terminals(parts)).toEqual(["error"]);
        expect(parts.at(-1)).toMatchObject({ type: "error", fault: { kind: "truncated" } });
        const sent = encodeAll(parts);
        expect(sent.slice(-2).map(({ event }) => event)).toEqual(["error", "response.failed"]);
        cuts += 1;
      }
    }
    expect(cuts).toBeGreaterThan(1000);
  });

  each(title("is accepted by the official SDK after decoding and encoding, with nothing lost"), async () => {
    for (const recording of STREAMS) {
      const events = encodeAll(decodeAll(eventsOf(recording)));
      const truth = truthOf(recording);
      const response = await readWithSdk(events);
      const calls = response.output.flatMap((item) =>
        item.type === "function_call" ? [{ name: item.name, input: item.arguments }] : [],
      );
      expect(response.output_text).toBe(truth.text);
      expect({ file: recording.file, calls }).toEqual({ file: recording.file, calls: [...truth.calls] } as never);
      const { usage } = response;
      expect([usage?.input_tokens, usage?.output_tokens, usage?.total_tokens]).toEqual([...truth.counts] as never);
      expect(usage).toMatchObject(COST_FIELDS);
      expect(response.model).toBe("best");
      expect(numbersOf(events)).toEqual(events.slice(0, -1).map((_, index) => index));
    }
  });

  each(title("keeps the kind and the order of its items through decoding and encoding"), async () => {
    for (const recording of STREAMS) {
      const last = dataOf(encodeAll(decodeAll(eventsOf(recording))).at(-2));
      const recorded = listAt(objectAt(objectAt(parseJson(recording.lines.at(-1) ?? "")).response).output);
      const kinds = listAt(objectAt(last.response).output).map(({ type }) => type);
      // A message without a word, or reasoning without a word or a token, holds nothing that a client could use.
      const kept = recorded.filter((item) => {
        if (item.type === "message") return textsOf(item, "content") !== "";
        const isEmpty = textsOf(item, "summary") === "" && textsOf(item, "content") === "";
        return item.type !== "reasoning" || !isEmpty || typeof item.encrypted_content === "string";
      });
      const asWritten = kept.map(({ type }) =>
        type === "custom_tool_call" && recording.file.startsWith("openai") ? "function_call" : type,
      );
      expect({ file: recording.file, kinds }).toEqual({ file: recording.file, kinds: asWritten } as never);
    }
  });

  each(title("makes the official SDK throw where it was cut"), async () => {
    for (const recording of STREAMS) {
      const events = eventsOf(recording);
      for (const share of [0, 0.3, 0.6, 0.9]) {
        const cut = events.slice(0, Math.floor(events.length * share));
        for (const sent of [encodeAll(decodeAll(cut)), relayAll(cut)]) {
          await expect(iterateWithSdk(sent)).rejects.toThrow("closed the stream before response.completed");
          expect(sent.at(-1)?.event).toBe("response.failed");
        }
      }
    }
  });
});

describe("recorded streams that do not end well", () => {
  const broken = BROKEN_STREAMS.length === 0 ? test.skip : test;

  broken("a failure of the provider is its fault, once", () => {
    const failed = BROKEN_STREAMS.find(({ file }) => file.includes("error")) ?? { lines: [] };
    const parts = decodeAll(eventsOf(failed));
    expect(terminals(parts)).toEqual(["error"]);
    expect(parts.at(-1)).toMatchObject({ fault: { kind: "quota-exhausted", code: "insufficient_quota" } });
  });

  broken("events without a closing brace are garbage", () => {
    const cut = BROKEN_STREAMS.find(({ file }) => file.includes("wrapper")) ?? { lines: [] };
    expect(decodeAll(eventsOf(cut))).toEqual([
      { type: "error", fault: { kind: "garbage", message: "An event of the upstream's stream is not a JSON object." } },
    ]);
    expect(decodeAll(eventsOf({ lines: cut.lines.slice(1) })).at(-1)).toMatchObject({ fault: { kind: "garbage" } });
  });
});

/** A newer event type that this version of the SDK's accumulator does not know; its plain iteration takes it. */
const UNKNOWN_TO_SDK = /openai-apply-patch-tool\.1/;
const ROTATING = /id-rotation/;

describe("every relayed Responses stream", () => {
  function isTouched({ event = "" }: WireEvent): boolean {
    return /^response\.(?:created|in_progress|completed|incomplete)$/.test(event);
  }

  each(title("is byte-identical but for the model and the usage event, and ends in [DONE]"), () => {
    for (const recording of STREAMS.filter(({ file }) => !ROTATING.test(file))) {
      const events = eventsOf(recording);
      const relayed = relayAll(events);
      expect(relayed.at(-1)).toEqual({ data: "[DONE]" });
      const sent = new Set(relayed);
      expect(events.filter((event) => !isTouched(event) && !sent.has(event))).toEqual([]);
      expect(relayed).toHaveLength(events.length + 1);
      for (const [index, event] of events.slice(0, 2).entries()) {
        const model = objectAt(dataOf(event).response).model;
        const name = `"model":${JSON.stringify(model)}`;
        expect(relayed[index]?.data).toBe(event.data.replace(name, '"model":"best"'));
      }
    }
  });

  each(title("carries the cost in its terminal event and nothing else that is new"), () => {
    for (const recording of STREAMS.filter(({ file }) => !ROTATING.test(file))) {
      const recorded = objectAt(dataOf(eventsOf(recording).at(-1)).response);
      const told = objectAt(dataOf(relayAll(eventsOf(recording)).at(-2)).response);
      expect(told).toEqual({ ...recorded, model: "best", usage: { ...objectAt(recorded.usage), ...COST_FIELDS } });
    }
  });

  each(title("is accepted by the official SDK, rotating ids included"), async () => {
    for (const recording of STREAMS) {
      const relayed = relayAll(eventsOf(recording));
      const truth = truthOf(recording);
      if (UNKNOWN_TO_SDK.test(recording.file)) {
        expect(await iterateWithSdk(relayed)).toHaveLength(relayed.length - 1);
        await expect(readWithSdk(relayed)).rejects.toThrow("Unhandled response stream event");
        continue;
      }
      const response = await readWithSdk(relayed);
      if (recording.file !== CONTRADICTED.file) expect(response.output_text).toBe(truth.text);
      expect(response.usage).toMatchObject(COST_FIELDS);
    }
  });

  each("gives items whose ids rotate the id they began with", () => {
    const rotating = STREAMS.find(({ file }) => ROTATING.test(file)) ?? { lines: [] };
    const events = relayAll(eventsOf(rotating)).slice(0, -1).map(dataOf);
    const ids = events.map((event) => (isJsonObject(event.response) ? event.response.id : undefined)).filter(Boolean);
    expect(new Set(ids)).toEqual(new Set(["capture-id-1"]));
    expect(
      new Set(
        events.filter(({ output_index: at }) => at === 0).map((event) => event.item_id ?? objectAt(event.item).id),
      ),
    ).toEqual(new Set(["capture-id-3"]));
    const output = listAt(objectAt(events.at(-1)?.response).output);
    expect(output.map(({ id }) => id)).toEqual(["capture-id-3", "capture-id-9"]);
  });
});
