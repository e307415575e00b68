import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../../src/core/json.ts";
import type { StreamPart } from "../../../src/core/reply.ts";
import { totalInput, totalOutput } from "../../../src/core/usage.ts";
import { objectAt, splitBytes } from "../codec.ts";
import { NO_DATA_REASON, type Recording, recordings } from "../recordings.ts";
import { at, COST_FIELDS, decodeAll, encodeAll, eventsOf, readWithSdk, relayAll, wireOf } from "./kit.ts";

/** The index files one recording of the Live API (`serverContent` events) under this dialect: another format. */
const STREAMS = recordings({ dialect: "gemini-generate", kind: "stream" }).filter(
  ({ text }) => !text.includes('"serverContent"'),
);
const each = STREAMS.length === 0 ? test.skip : test;
const note = STREAMS.length === 0 ? ` ${NO_DATA_REASON}` : ` (${STREAMS.length} streams)`;

interface Truth {
  readonly text: string;
  readonly thoughts: string;
  readonly calls: readonly { readonly name: string; readonly args: JsonValue }[];
  readonly signatures: readonly string[];
  readonly usage: JsonObject;
}

/** The arguments of the recorded calls that come in pieces, written down by hand from the recordings. */
const ASSEMBLED: ReadonlyMap<string, readonly unknown[]> = new Map<string, readonly unknown[]>([
  ["google/google-stream-no-args-tool-call.chunks.txt", [{}, { id: "A" }, { id: "B" }, { id: "C" }]],
  ["google/google-stream-tool-call-arguments.chunks.txt", [{ location: "Boston" }, { location: "San Francisco" }]],
  [
    "google/google-stream-tool-call-array-arguments-missing-terminal-function-call.chunks.txt",
    [
      {
        operations: [
          { action: "add", description: "Fresh red apple", itemid: "apple_001", price: 0.5 },
          { action: "add", description: "Ripe yellow banana", itemid: "banana_001", price: 0.3 },
        ],
      },
    ],
  ],
]);

/** What a recording says, read straight from its lines. */
function truthOf(recording: Recording): Truth {
  const bodies = recording.lines.map((line) => objectAt(parseJson(line)));
  const parts = bodies.flatMap((body) => (at(body, "candidates", 0, "content", "parts") ?? []) as JsonObject[]);
  const textOf = (isThought: boolean): string =>
    parts.map((part) => ((part.thought === true) === isThought ? String(part.text ?? "") : "")).join("");
  const calls = parts.flatMap((part) => (isJsonObject(part.functionCall) ? [part.functionCall] : []));
  const named = calls.filter((call) => typeof call.name === "string");
  const pieces = ASSEMBLED.get(recording.file);
  return {
    text: textOf(false),
    thoughts: textOf(true),
    calls: named.map((call, index) => ({
      name: String(call.name),
      args: (pieces?.[index] as JsonValue | undefined) ?? call.args ?? {},
    })),
    signatures: parts.flatMap((part) => (typeof part.thoughtSignature === "string" ? [part.thoughtSignature] : [])),
    usage: objectAt(bodies.at(-1)?.usageMetadata),
  };
}

/** Its calls come in some seventy pieces: their sum is tested by itself. */
function isNested({ file }: Recording): boolean {
  return file.includes("nested");
}

function terminals(parts: readonly StreamPart[]): readonly string[] {
  return parts.map(({ type }) => type).filter((type) => type === "finish" || type === "error");
}

describe("every recorded Gemini stream", () => {
  each(`decodes to one finish, and every block that starts ends${note}`, () => {
    for (const recording of STREAMS) {
      const parts = decodeAll(eventsOf(recording));
      expect(terminals(parts)).toEqual(["finish"]);
      expect(parts.at(-1)?.type).toBe("finish");
      const starts = parts.filter(({ type }) => type.endsWith("-start"));
      expect(parts.filter(({ type }) => type.endsWith("-end"))).toHaveLength(starts.length);
      expect(parts.filter(({ type }) => type === "start")).toHaveLength(1);
    }
  });

  each(`counts as its last event does, thoughts beside the text${note}`, () => {
    for (const recording of STREAMS) {
      const last = decodeAll(eventsOf(recording)).at(-1);
      const usage = last?.type === "finish" ? last.usage : undefined;
      if (usage === undefined) throw new Error(`no usage in ${recording.file}`);
      const raw = truthOf(recording).usage;
      expect(totalInput(usage)).toBe(Number(raw.promptTokenCount));
      expect(totalOutput(usage)).toBe(Number(raw.totalTokenCount) - Number(raw.promptTokenCount));
      expect(usage.output.reasoning).toBe(Number(raw.thoughtsTokenCount));
    }
  });

  each(`gives the same parts however its bytes are split, in either framing${note}`, () => {
    for (const recording of STREAMS) {
      const whole = decodeAll(eventsOf(recording));
      for (const framing of ["sse", "json-array"] as const) {
        const wire = wireOf(eventsOf(recording), framing);
        const { length } = new TextEncoder().encode(wire);
        const every = Array.from({ length }, (_, index) => index);
        expect(decodeAll(splitBytes(wire, every, framing))).toEqual([...whole]);
        fc.assert(
          fc.property(fc.uniqueArray(fc.nat({ max: length - 1 }), { maxLength: 40 }), (cuts) => {
            const ordered = cuts.toSorted((left, right) => left - right);
            expect(decodeAll(splitBytes(wire, ordered, framing))).toEqual([...whole]);
          }),
          { numRuns: 5 },
        );
      }
    }
  });

  each(`ends in exactly one error when cut after any event${note}`, () => {
    let cuts = 0;
    for (const recording of STREAMS) {
      const events = eventsOf(recording);
      const last = events.findIndex(({ data }) => data.includes('"finishReason"'));
      for (let kept = 0; kept <= last; kept += 1) {
        const parts = decodeAll(events.slice(0, kept));
        expect(terminals(parts)).toEqual(["error"]);
        expect(parts.at(-1)).toMatchObject({ type: "error", fault: { kind: "truncated" } });
        cuts += 1;
      }
    }
    expect(cuts).toBeGreaterThan(100);
  });

  each(`is accepted by the official SDK after decoding and encoding, with nothing lost${note}`, async () => {
    for (const recording of STREAMS.filter((it) => !isNested(it))) {
      const answer = await readWithSdk(encodeAll(decodeAll(eventsOf(recording))));
      const { usage, ...truth } = truthOf(recording);
      expect(answer).toMatchObject({ ...truth, finishReason: "STOP", model: "best" });
      expect(answer.usage).toMatchObject({ ...usage, ...COST_FIELDS });
    }
  });

  each("assembles arguments that come in some seventy pieces", async () => {
    const recording = STREAMS.find(isNested);
    const answer = await readWithSdk(encodeAll(decodeAll(eventsOf(recording ?? { lines: [] }))));
    expect(answer.calls.map(({ name }) => name)).toEqual(["cookRecipe"]);
    const recipe = at(answer.calls[0]?.args, "recipe");
    expect(at(recipe, "ingredients", 0)).toEqual({ amount: "16 oz", name: "Lasagna noodles" });
    expect(at(recipe, "steps", 9)).toBe("Let stand for 15 minutes before serving.");
    expect(at(recipe, "steps", "length")).toBe(10);
  });

  each(`ends in an error that the official SDK raises when the upstream is cut${note}`, async () => {
    for (const recording of STREAMS) {
      const events = eventsOf(recording);
      for (const share of [0, 0.3, 0.6, 0.9]) {
        const sent = encodeAll(decodeAll(events.slice(0, Math.floor((events.length - 1) * share))));
        expect(objectAt(parseJson(sent.at(-1)?.data ?? "")).error).toMatchObject({ code: 502, status: "INTERNAL" });
        await expect(readWithSdk(sent)).rejects.toThrow("without a finishReason");
      }
    }
  });
});

describe("every relayed Gemini stream", () => {
  function unnamed(events: readonly { readonly data: string }[]): readonly string[] {
    return events.map(({ data }) => data.replace(/"modelVersion":"[^"]*"/, '"modelVersion":""'));
  }

  each(`is byte-identical but for the model and the event that carries the cost${note}`, () => {
    for (const recording of STREAMS) {
      const events = eventsOf(recording);
      const relayed = relayAll(events);
      expect(relayed).toHaveLength(events.length);
      expect(unnamed(relayed.slice(0, -1))).toEqual([...unnamed(events.slice(0, -1))]);
      const { cost, cost_details, cost_saved, usage_source, ...counts } = objectAt(
        objectAt(parseJson(relayed.at(-1)?.data ?? "")).usageMetadata,
      );
      expect({ cost, cost_details, cost_saved, usage_source } as JsonObject).toEqual(COST_FIELDS);
      const recorded = objectAt(parseJson(events.at(-1)?.data ?? ""));
      expect(counts).toEqual(objectAt(recorded.usageMetadata));
      const { usageMetadata: _, ...rest } = objectAt(parseJson(relayed.at(-1)?.data ?? ""));
      const { usageMetadata: __, ...recordedRest } = recorded;
      expect(rest).toEqual({ ...recordedRest, modelVersion: "best" });
    }
  });

  each(`is accepted by the official SDK${note}`, async () => {
    for (const recording of STREAMS.filter(({ file }) => !ASSEMBLED.has(file))) {
      const answer = await readWithSdk(relayAll(eventsOf(recording)));
      const { text, thoughts, signatures } = truthOf(recording);
      expect(answer).toMatchObject({ text, thoughts, signatures, finishReason: "STOP", model: "best" });
      expect(answer.usage).toMatchObject(COST_FIELDS);
    }
  });
});
