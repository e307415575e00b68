import { expect, test } from "bun:test";
import type { Loaded } from "../../src/config/load.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../src/core/json.ts";
import type { DialectName } from "../../src/core/request.ts";
import { success } from "../../src/core/result.ts";
import { systemClock } from "../../src/host/clock.ts";
import { createMemoryLedger } from "../../src/stores/memory/ledger.ts";
import { CLIENTS } from "../dialects/matrix-clients.ts";
import { makeAnswer, SPEECHES, STOCK, type UpstreamAnswer } from "./support/answers.ts";
import { createChance } from "./support/chance.ts";
import { type Lab, loadLabConfig, openLab } from "./support/lab.ts";
import { caseCount, caseLabel, caseNumbers, LONG_TEST_MS, printFigures, suiteSeed } from "./support/run.ts";
import { replyWith } from "./support/upstream-reply.ts";

const FULL_COUNT = 100_000;
/** A lab keeps its ledger in memory, so it is replaced after so many cases. */
const CASES_PER_LAB = 500;
/** Of every so many streams one is read by the official client of its dialect. */
const SAMPLE = 40;

/** How each dialect asks for chat. */
interface Asking {
  readonly path: (model: string, isStream: boolean) => string;
  readonly body: (model: string, isStream: boolean) => JsonObject;
}

const MESSAGE = { role: "user", content: "x" };

const ASKING: Readonly<Record<DialectName, Asking>> = {
  "openai-chat": {
    path: () => "/v1/chat/completions",
    body: (model, stream) => ({ model, stream, max_tokens: 9, messages: [MESSAGE] }),
  },
  "openai-responses": {
    path: () => "/v1/responses",
    body: (model, stream) => ({ model, stream, max_output_tokens: 16, input: "x" }),
  },
  anthropic: {
    path: () => "/v1/messages",
    body: (model, stream) => ({ model, stream, max_tokens: 9, messages: [MESSAGE] }),
  },
  gemini: {
    path: (model, isStream) =>
      `/v1beta/models/${model}:${isStream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    body: () => ({ contents: [{ role: "user", parts: [{ text: "x" }] }] }),
  },
  ollama: { path: () => "/api/chat", body: (model, stream) => ({ model, stream, messages: [MESSAGE] }) },
};

const CHAT_ONLY = loadLabConfig(`
providers:
${SPEECHES.map((speech) => `  up-${speech}: { dialect: openai-chat, baseUrl: "http://127.0.0.1:9", models: [m], accounts: [{ key: env:KEY }] }`).join("\n")}
prices: { overrides: { up-anthropic/m: { input: 1, output: 2 } } }
breaker: { off: true }
retries: { attempts: 1 }
`);

/** One provider of each dialect, `up-` and its name; the file's own words for dialects are not what is tested here. */
const LOADED: Loaded = {
  ...CHAT_ONLY,
  settings: {
    ...CHAT_ONLY.settings,
    providers: CHAT_ONLY.settings.providers.map((configured) => {
      const speech = SPEECHES.find((name) => configured.provider.id === `up-${name}`);
      const endpoints = configured.provider.endpoints.map((endpoint) => ({
        ...endpoint,
        dialect: speech ?? endpoint.dialect,
      }));
      return { ...configured, provider: { ...configured.provider, endpoints } };
    }),
  },
};

/** One case: who asks whom, and what the upstream answers. */
interface StreamCase {
  readonly number: number;
  readonly client: DialectName;
  readonly upstream: DialectName;
  readonly isStream: boolean;
  readonly answer: UpstreamAnswer;
}

function makeCase(number: number, clients: readonly DialectName[]): StreamCase {
  const chance = createChance(suiteSeed(), number);
  const client = chance.pick(clients);
  const upstream = chance.pick(SPEECHES);
  const isStream = chance.is(0.85);
  return { number, client, upstream, isStream, answer: makeAnswer(upstream, isStream, chance) };
}

function documentsOf(wire: string): readonly JsonObject[] {
  return wire.split("\n").flatMap((line) => {
    const json = parseJson(line.startsWith("data: ") ? line.slice("data: ".length) : line);
    return isJsonObject(json) ? [json] : [];
  });
}

/** Whether a stream ends as its dialect wants: the terminal event or the error event, and nothing after it. */
function hasProperEnd(client: DialectName, wire: string): boolean {
  const last = documentsOf(wire).at(-1);
  const hasError = last !== undefined && "error" in last;
  switch (client) {
    case "openai-chat":
      return wire.endsWith("data: [DONE]\n\n") || (hasError && isJsonObject(last.error));
    case "anthropic":
      return last?.type === "message_stop" || (last?.type === "error" && isJsonObject(last.error));
    case "openai-responses":
      return /^(response\.(completed|incomplete|failed)|error)$/.test(String(last?.type));
    case "gemini":
      return (
        hasError ||
        documentsOf(wire).some((document) => /"finishReason":"|"blockReason":"/.test(JSON.stringify(document)))
      );
    case "ollama":
      return last?.done === true || (hasError && typeof last.error === "string");
  }
}

function isErrorBody(client: DialectName, body: unknown): boolean {
  return isJsonObject(body) && (client === "ollama" ? typeof body.error === "string" : isJsonObject(body.error));
}

/** What is wrong with an answer to the client, or null. */
function complaint({ client, isStream }: StreamCase, response: Response, text: string): string | null {
  if (response.status !== 200) {
    if (response.headers.get("x-lodestar-request-id") === null) return `status ${response.status} without an id`;
    return isErrorBody(client, parseJson(text)) ? null : `status ${response.status} in no envelope`;
  }
  if (isStream) return hasProperEnd(client, text) ? null : `no proper end: …${text.slice(-200)}`;
  return isJsonObject(parseJson(text)) ? null : "a reply that is no JSON object";
}

interface Tally {
  readonly complaints: string[];
  readonly outcomes: Map<string, number>;
  readonly sdk: Map<string, number>;
}

function count(map: Map<string, number>, name: string): void {
  map.set(name, (map.get(name) ?? 0) + 1);
}

/** The official client either reads a stream or throws an error of its own; anything else it throws is a crash. */
async function readBySdk({ client, number }: StreamCase, wire: string, tally: Tally): Promise<void> {
  const read = (CLIENTS as Partial<Record<DialectName, (wire: string, seed: number) => Promise<unknown>>>)[client];
  if (read === undefined) return;
  try {
    await read(wire, number);
    count(tally.sdk, `${client} accepted`);
  } catch (error) {
    const name = error instanceof Error ? error.constructor.name : typeof error;
    count(tally.sdk, `${client} ${name}`);
    if (/^(TypeError|RangeError|ReferenceError)$/.test(name))
      tally.complaints.push(caseLabel(number, `${name}: ${error}`));
  }
}

async function runCase(one: StreamCase, lab: Lab, tally: Tally): Promise<void> {
  const words = `${one.upstream} to ${one.client}, ${one.isStream ? "streamed" : "whole"}`;
  const model = `up-${one.upstream}/m`;
  const asking = ASKING[one.client];
  const request = new Request(`http://127.0.0.1:4000${asking.path(model, one.isStream)}`, {
    method: "POST",
    headers: { host: "127.0.0.1:4000", "x-session-id": String(one.number) },
    body: JSON.stringify(asking.body(model, one.isStream)),
  });
  try {
    const response = await lab.fetch(request);
    const text = await response.text();
    count(
      tally.outcomes,
      response.status === 200
        ? /"error":/.test(text.slice(-2_000))
          ? "200, broken off"
          : "200"
        : String(response.status),
    );
    const wrong = complaint(one, response, text);
    if (wrong !== null) tally.complaints.push(caseLabel(one.number, `${words}: ${wrong}`));
    if (response.status === 200 && one.isStream && one.number % SAMPLE === 0) await readBySdk(one, text, tally);
  } catch (error) {
    tally.complaints.push(caseLabel(one.number, `${words}: threw ${error instanceof Error ? error.stack : error}`));
  }
}

/** Runs some cases one after the other in a gateway of their own, and looks at its books afterwards. */
async function runBatch(numbers: readonly number[], clients: readonly DialectName[], tally: Tally): Promise<number> {
  let current = makeCase(numbers[0] ?? 0, clients);
  const settled = new Map<string, number>();
  const lab = openLab({
    loaded: LOADED,
    ledger: createMemoryLedger(systemClock),
    clock: systemClock,
    send: () => Promise.resolve(success(replyWith(current.answer))),
  });
  lab.runtime.bus.subscribe((event) => {
    if (event.event === "settled") count(settled, String(event.intent.session));
  });
  for (const number of numbers) {
    current = makeCase(number, clients);
    lab.runtime.services.health.reset();
    await runCase(current, lab, tally);
    const times = settled.get(String(number)) ?? 0;
    if (times !== 1) tally.complaints.push(caseLabel(number, `settled ${times} times`));
  }
  for (const line of lab.broken)
    tally.complaints.push(`seed ${suiteSeed()}, cases from ${numbers[0]}: bug logged: ${line}`);
  await lab.ledger.flush();
  const rows = [...lab.ledger.query({})];
  lab.close();
  expect(rows.filter((row) => row.endedAt === null)).toEqual([]);
  return rows.length;
}

/** The dialects that this gateway has a route for. */
async function clientDialects(): Promise<readonly DialectName[]> {
  const lab = openLab({
    loaded: LOADED,
    ledger: createMemoryLedger(systemClock),
    clock: systemClock,
    send: () => Promise.reject(new Error("nobody is asked")),
  });
  const found: DialectName[] = [];
  for (const client of SPEECHES) {
    const init = { method: "POST", headers: { host: "127.0.0.1:4000" }, body: "{" };
    const response = await lab.fetch(new Request(`http://127.0.0.1:4000${ASKING[client].path("m", true)}`, init));
    if (response.status !== 404) found.push(client);
  }
  lab.close();
  return found;
}

test(
  "mutated upstream streams in every dialect to clients of every dialect: no throw, one settlement, a proper end",
  async () => {
    const clients = await clientDialects();
    const numbers = caseNumbers(caseCount(FULL_COUNT));
    const tally: Tally = { complaints: [], outcomes: new Map(), sdk: new Map() };
    let rows = 0;
    for (let from = 0; from < numbers.length; from += CASES_PER_LAB) {
      rows += await runBatch(numbers.slice(from, from + CASES_PER_LAB), clients, tally);
    }
    expect(clients.length).toBeGreaterThanOrEqual(3);
    const list = (map: Map<string, number>): string =>
      [...map]
        .sort()
        .map(([name, times]) => `${name} ${times}`)
        .join(", ");
    printFigures("fuzz-streams", {
      streams: numbers.length,
      "dialects of upstreams": SPEECHES.join(", "),
      "dialects of clients": clients.join(", "),
      "answers they were made from": SPEECHES.map((speech) => `${speech} ${STOCK[speech].streams.length}`).join(", "),
      "outcomes and how often": list(tally.outcomes),
      "official clients": list(tally.sdk),
      settlements: rows,
      complaints: tally.complaints.length,
    });
    expect(tally.complaints.slice(0, 5)).toEqual([]);
    expect(rows).toBe(numbers.length);
  },
  LONG_TEST_MS,
);
