import { describe, expect, test } from "bun:test";
import { isJsonObject, parseJson } from "../../src/core/json.ts";
import type { StreamPart } from "../../src/core/reply.ts";
import type { CostStamp } from "../../src/core/stamp.ts";
import { DIALECTS } from "../../src/dialects/_all.ts";
import type { Dialect, ReplyStamp, WireEvent } from "../../src/dialects/dialect.ts";
import { writeNdjson } from "../../src/dialects/ndjson.ts";
import { createSseSplitter, writeSse } from "../../src/dialects/sse.ts";
import { CLIENTS } from "./matrix-clients.ts";
import { readGeminiRecording } from "./matrix-gemini.ts";
import { type Answer, readChatRecording, readMessagesRecording, readResponsesRecording } from "./matrix-oracle.ts";
import { NO_DATA_REASON, type Recording, recordings } from "./recordings.ts";

type Spoken = keyof typeof CLIENTS;

interface Upstream {
  readonly dialect: "openai-chat" | "openai-responses" | "anthropic" | "gemini";
  readonly recording: Recording;
  readonly wire: string;
  readonly events: readonly WireEvent[];
  readonly expected: Answer;
}

/** Cells that cannot hold, each with its reason. Keys are `file > inbound`. */
const CUT_ARGUMENTS =
  "the recording cuts the first call's arguments, which Anthropic's client parses as far as they go";
const CONTRADICTED = "the recording's deltas say another text than its items, which OpenAI's client goes by";
const UNKNOWN_EVENT = "an event type that this version of OpenAI's client does not know; its plain iteration takes it";
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ["openai/responses/openai-apply-patch-tool.1.chunks.txt > openai-responses relayed", UNKNOWN_EVENT],
  ["openai/responses/openai-shell-container.1.chunks.txt > openai-responses relayed", CONTRADICTED],
  ["anthropic/spliced-message-start.chunks.txt > anthropic", CUT_ARGUMENTS],
  ["anthropic/spliced-message-start.chunks.txt > anthropic relayed", CUT_ARGUMENTS],
]);

const INBOUND = ["openai-chat", "openai-responses", "anthropic", "gemini", "ollama"] as const;
const STAMP: ReplyStamp = { requestedModel: "asked", requestId: "req_1", nowMs: 1_795_000_000_000, streamUsage: true };
const COST = {
  costNanoUsd: 1000,
  reason: null,
  inputNanoUsd: 400,
  outputNanoUsd: 600,
  savedNanoUsd: null,
  usageSource: "provider",
  priceId: "p",
  target: "x/y",
  requestId: "req_1",
} as CostStamp;

/** State is opaque to whoever drives a codec. */
const dialectOf: Readonly<Record<Spoken, Dialect>> = DIALECTS;

function eventsOf(recording: Recording, isNamed: boolean): readonly WireEvent[] {
  const events = recording.lines.map((data): WireEvent => {
    const json = isNamed ? parseJson(data) : undefined;
    return isJsonObject(json) && typeof json.type === "string" ? { event: json.type, data } : { data };
  });
  return isNamed ? events : [...events, { data: "[DONE]" }];
}

const ORACLES: Readonly<Record<Upstream["dialect"], (lines: readonly string[]) => Answer>> = {
  "openai-chat": readChatRecording,
  "openai-responses": readResponsesRecording,
  anthropic: readMessagesRecording,
  gemini: readGeminiRecording,
};

function upstreamOf(dialect: Upstream["dialect"], recording: Recording): Upstream {
  const events = eventsOf(recording, dialect !== "openai-chat");
  const expected = ORACLES[dialect](recording.lines);
  return { dialect, recording, events, wire: events.map(writeSse).join(""), expected };
}

/** A failure of the provider, and lines without their braces: neither is an answer. Their own test reads them. */
function isWhole({ file }: Recording): boolean {
  return !/openai-error\.1|parallel-tool-call-wrapper\.1/.test(file);
}

/** The older completions carry `text` instead of deltas: another format, recorded under the same name. */
function isChat({ text }: Recording): boolean {
  return !text.includes('"object":"text_completion"');
}

/** The Live API has events of its own; one recording of it is indexed beside these. */
function isGenerate({ text }: Recording): boolean {
  return !text.includes('"serverContent"');
}

const UPSTREAMS: readonly Upstream[] = [
  ...recordings({ dialect: "openai-chat", kind: "stream" })
    .filter(isChat)
    .map((recording) => upstreamOf("openai-chat", recording)),
  ...recordings({ dialect: "openai-responses", kind: "stream" })
    .filter(isWhole)
    .map((recording) => upstreamOf("openai-responses", recording)),
  ...recordings({ dialect: "anthropic-messages", kind: "stream" }).map((recording) =>
    upstreamOf("anthropic", recording),
  ),
  ...recordings({ dialect: "gemini-generate", kind: "stream" })
    .filter(isGenerate)
    .map((recording) => upstreamOf("gemini", recording)),
];

function decodeAll(dialect: Dialect, events: readonly WireEvent[]): readonly StreamPart[] {
  let state = dialect.decoder.initial();
  const parts: StreamPart[] = [];
  for (const event of events) {
    const [next, more] = dialect.decoder.step(state, event);
    state = next;
    parts.push(...more);
  }
  return [...parts, ...dialect.decoder.end(state)];
}

function encodeAll(dialect: Dialect, parts: readonly StreamPart[]): string {
  let state = dialect.encoder.initial(STAMP);
  const events: WireEvent[] = [];
  for (const part of parts) {
    const [next, more] = dialect.encoder.step(state, part, part.type === "finish" ? COST : undefined);
    state = next;
    events.push(...more);
  }
  return events.map(dialect.framing === "sse" ? writeSse : writeNdjson).join("");
}

/** The way of a request whose upstream speaks the client's own dialect. */
function relayAll(dialect: Dialect, events: readonly WireEvent[]): string {
  let decoding = dialect.decoder.initial();
  let relaying = dialect.relay.initial(STAMP);
  const out: WireEvent[] = [];
  for (const event of events) {
    const [decoded, parts] = dialect.decoder.step(decoding, event);
    const cost = parts.some(({ type }) => type === "finish") ? COST : undefined;
    const [relayed, more] = dialect.relay.step(relaying, event, cost);
    decoding = decoded;
    relaying = relayed;
    out.push(...more);
  }
  const isFinished = dialect.decoder.end(decoding).some(({ type }) => type === "finish");
  out.push(...dialect.relay.end(relaying, isFinished ? COST : undefined));
  return out.map(writeSse).join("");
}

function differences(expected: Answer, actual: Answer): readonly string[] {
  const names = ["text", "tools", "stop", "usage"] as const;
  return names.flatMap((name) => {
    if (name === "usage" && expected.usage === null) return [];
    const [wanted, got] = [JSON.stringify(expected[name]), JSON.stringify(actual[name])];
    return Bun.deepEquals(expected[name], actual[name])
      ? []
      : [`${name}: ${wanted.slice(0, 80)} became ${got.slice(0, 80)}`];
  });
}

/** What is wrong with one cell; empty when the official client accepts it and everything survived. */
async function check(inbound: Spoken, wire: string, expected: Answer, seed: number): Promise<readonly string[]> {
  try {
    const actual = await CLIENTS[inbound](wire, seed);
    const isCosted = wire.includes('"cost":0.000001');
    return [...differences(expected, actual), ...(isCosted ? [] : ["no cost on the wire"])];
  } catch (error) {
    return [`rejected: ${error instanceof Error ? error.message : String(error)}`.slice(0, 160)];
  }
}

interface Cell {
  readonly name: string;
  readonly column: string;
  readonly problems: readonly string[];
}

async function cellsOf(upstream: Upstream, seed: number): Promise<readonly Cell[]> {
  const { recording, expected, events, dialect } = upstream;
  const parts = decodeAll(dialectOf[dialect], events);
  const cells: Cell[] = [];
  for (const inbound of INBOUND) {
    const problems = await check(inbound, encodeAll(dialectOf[inbound], parts), expected, seed);
    cells.push({ name: `${recording.file} > ${inbound}`, column: `${dialect} > ${inbound}`, problems });
  }
  const relayed = await check(dialect, relayAll(dialectOf[dialect], events), expected, seed);
  return [
    ...cells,
    { name: `${recording.file} > ${dialect} relayed`, column: `${dialect} relayed`, problems: relayed },
  ];
}

function report(cells: readonly Cell[]): string {
  const columns = Map.groupBy(cells, ({ column }) => column);
  const lines = [...columns].map(([column, of]) => {
    const passed = of.filter(({ problems }) => problems.length === 0).length;
    return `  ${column.padEnd(28)} ${passed}/${of.length}`;
  });
  const failures = cells.filter(({ problems }) => problems.length > 0);
  return [
    `matrix: ${cells.length - failures.length} of ${cells.length} cells`,
    ...lines,
    ...failures.map(({ name, problems }) => `  FAILED ${name}: ${EXCEPTIONS.get(name) ?? problems.join("; ")}`),
  ].join("\n");
}

function isError(inbound: Spoken, event: WireEvent | undefined): boolean {
  const json = parseJson(event?.data ?? "");
  if (!isJsonObject(json)) return false;
  if (inbound === "ollama") return typeof json.error === "string" && json.error !== "";
  if (inbound === "openai-responses") return event?.event === "response.failed" && isJsonObject(json.response);
  const hasMessage = isJsonObject(json.error) && typeof json.error.message === "string";
  if (inbound === "gemini") return hasMessage && isJsonObject(json.error) && typeof json.error.code === "number";
  return hasMessage && (inbound === "openai-chat" || (event?.event === "error" && json.type === "error"));
}

/** How each cut of a stream ends, cut after every event: the kinds of last parts, and the inbound dialects whose end is wrong. */
function cutEverywhere({ dialect, events }: Upstream): { faults: number; wrong: readonly string[] } {
  const { decoder } = dialectOf[dialect];
  const encodings = INBOUND.map((inbound) => ({ inbound, state: dialectOf[inbound].encoder.initial(STAMP) }));
  const wrong: string[] = [];
  let decoding = decoder.initial();
  let faults = 0;
  for (const [index, event] of events.entries()) {
    const [next, parts] = decoder.step(decoding, event);
    decoding = next;
    for (const encoding of encodings) {
      for (const part of parts)
        encoding.state = dialectOf[encoding.inbound].encoder.step(encoding.state, part, COST)[0];
    }
    if (parts.some(({ type }) => type === "finish" || type === "error")) return { faults, wrong };
    const [last, ...others] = decoder.end(decoding).filter(({ type }) => type === "finish" || type === "error");
    if (last === undefined || others.length > 0) wrong.push(`no single end after event ${index}`);
    if (last?.type !== "error") continue;
    faults += 1;
    for (const { inbound, state } of encodings) {
      const end = dialectOf[inbound].encoder.step(state, last)[1];
      if (!isError(inbound, end.at(-1))) wrong.push(`${inbound} after event ${index}`);
    }
  }
  return { faults, wrong };
}

const title = UPSTREAMS.length === 0 ? ` ${NO_DATA_REASON}` : "";

describe.skipIf(UPSTREAMS.length === 0)(`every recorded stream in every inbound dialect${title}`, () => {
  test("is accepted by the dialect's official client with text, tools, stop reason, usage and cost", async () => {
    const cells = (await Promise.all(UPSTREAMS.map((upstream, index) => cellsOf(upstream, index + 1)))).flat();
    console.log(report(cells));
    const failed = cells.filter(({ problems }) => problems.length > 0);
    expect(cells.length).toBeGreaterThan(810);
    expect(failed.map(({ name }) => name).filter((name) => !EXCEPTIONS.has(name))).toEqual([]);
    expect([...EXCEPTIONS.keys()].filter((name) => !failed.some((cell) => cell.name === name))).toEqual([]);
    expect((cells.length - failed.length) / cells.length).toBeGreaterThanOrEqual(0.99);
  }, 60_000);

  test("gives the same parts when it is fed byte by byte", () => {
    for (const { dialect, wire, events, recording } of UPSTREAMS) {
      const bytes = new TextEncoder().encode(wire);
      const splitter = createSseSplitter();
      const frames = Array.from(bytes, (_, index) => splitter.push(bytes.subarray(index, index + 1)).frames).flat();
      const split = [...frames, ...splitter.end().frames].map(({ event }) => event);
      expect({ file: recording.file, parts: decodeAll(dialectOf[dialect], split) }).toEqual({
        file: recording.file,
        parts: decodeAll(dialectOf[dialect], events),
      });
    }
  }, 60_000);

  test("ends in the inbound dialect's error event wherever it is cut", () => {
    let faults = 0;
    for (const upstream of UPSTREAMS) {
      const cut = cutEverywhere(upstream);
      faults += cut.faults;
      expect({ file: upstream.recording.file, wrong: cut.wrong }).toEqual({ file: upstream.recording.file, wrong: [] });
    }
    console.log(`matrix: ${faults} cuts, each an error event in all ${INBOUND.length} dialects`);
    expect(faults).toBeGreaterThan(15_000);
  }, 60_000);

  test("makes the official client throw where it is cut", async () => {
    const accepted: string[] = [];
    for (const [seed, upstream] of UPSTREAMS.entries()) {
      const { dialect, events, recording } = upstream;
      const { faults } = cutEverywhere(upstream);
      for (const place of new Set([0.1, 0.3, 0.5, 0.7, 0.9].map((share) => Math.ceil(share * faults)))) {
        const parts = decodeAll(dialectOf[dialect], events.slice(0, place));
        for (const inbound of INBOUND) {
          const outcome = CLIENTS[inbound](encodeAll(dialectOf[inbound], parts), seed + place);
          const isAccepted = await outcome.then(() => true).catch(() => false);
          if (isAccepted) accepted.push(`${recording.file} > ${inbound} cut after ${place}`);
        }
      }
    }
    expect(accepted).toEqual([]);
  }, 60_000);
});
