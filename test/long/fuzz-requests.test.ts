import { afterAll, expect, test } from "bun:test";
import { isJsonObject, parseJson } from "../../src/core/json.ts";
import { startLodestar, stopLodestars } from "../real/driver.ts";
import { sendRaw } from "../real/raw-client.ts";
import { openTestGateway, type TestGateway } from "../support/test-gateway.ts";
import { damageOften } from "./support/bytes.ts";
import { createChance } from "./support/chance.ts";
import { type LeanProvider, properAnswer, startProvider } from "./support/provider.ts";
import { type Envelope, type HostileRequest, makeRequest } from "./support/requests.ts";
import { caseCount, caseLabel, caseNumbers, inParallel, LONG_TEST_MS, printFigures, suiteSeed } from "./support/run.ts";

const FULL_COUNT = 100_000;
const WIDTH = 16;

afterAll(stopLodestars);

/** What the upstream noticed about the calls it got. */
interface UpstreamBook {
  calls: number;
  /** How often each model was named. */
  readonly models: Map<string, number>;
  readonly wrong: string[];
}

function faultFor(model: unknown): Response | null {
  switch (model) {
    case "500":
    case "503":
    case "400":
      return Response.json({ error: { message: "scripted", type: "scripted" } }, { status: Number(model) });
    case "html":
      return new Response("<h1>Bad gateway</h1>", { headers: { "content-type": "text/html" } });
    case "cut":
      return new Response('data: {"choices":[{"delta":{"content":"x"}}]}\n\ndata: {"cho', {
        headers: { "content-type": "text/event-stream" },
      });
    default:
      return null;
  }
}

/** Answers properly, and notes the models that were asked for and every call that is no JSON object in whole UTF-8. */
function startUpstream(): { provider: LeanProvider; book: UpstreamBook } {
  const book: UpstreamBook = { calls: 0, models: new Map(), wrong: [] };
  const provider = startProvider(async (request) => {
    const path = new URL(request.url).pathname;
    if (request.method === "GET") return new Response(null, { status: 404 });
    book.calls += 1;
    const bytes = await request.bytes();
    let body: unknown;
    try {
      body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch (error) {
      book.wrong.push(`${path}: ${error}: ${new TextDecoder().decode(bytes).slice(0, 200)}`);
    }
    if (!isJsonObject(body)) return Response.json({ error: "not JSON" }, { status: 400 });
    const model = String(body.model);
    book.models.set(model, (book.models.get(model) ?? 0) + 1);
    const fault = faultFor(body.model);
    if (fault !== null) return fault;
    return properAnswer(path, body.stream === true) ?? new Response(null, { status: 404 });
  });
  return { provider, book };
}

function configFor({ url }: LeanProvider): string {
  const block = (dialect: string, base: string) =>
    `{ dialect: ${dialect}, baseUrl: "${base}", models: [m], accounts: [{ key: env:KEY }] }`;
  return `
providers:
  chat: ${block("openai-chat", `${url}/v1`)}
  claude: ${block("anthropic", url)}
  llama: ${block("ollama", url)}
  faulty: ${block("openai-chat", `${url}/v1`)}
chains: { either: [chat/m, claude/m], default: [llama/m, chat/m] }
aliases: { m1: chat/m }
prices: { overrides: { chat/m: { input: 1, output: 2 } } }
breaker: { off: true }
retries: { attempts: 1 }
`;
}

function isEnvelope(kind: Envelope, body: unknown): boolean {
  if (!isJsonObject(body)) return false;
  const { error } = body;
  if (kind === "ollama") return typeof error === "string" && error.length > 0;
  if (kind === "gemini")
    return isJsonObject(error) && typeof error.code === "number" && typeof error.status === "string";
  if (!isJsonObject(error) || typeof error.message !== "string" || typeof error.type !== "string") return false;
  return kind === "openai" ? "code" in error : body.type === "error" && typeof body.request_id === "string";
}

/** What is wrong with an answer, or null. */
function complaint(sent: HostileRequest, status: number, id: string | null, text: string): string | null {
  if (status >= 500 && !sent.isScripted) return `status ${status}`;
  if (status < 400 || sent.method === "HEAD") return null;
  if (id === null || !/^req_[\w-]{10,}$/.test(id)) return `status ${status} without a request id`;
  const kinds: readonly Envelope[] =
    sent.envelope === null ? ["openai", "anthropic", "ollama", "gemini"] : [sent.envelope];
  return kinds.some((kind) => isEnvelope(kind, parseJson(text))) ? null : `status ${status} in no ${kinds} envelope`;
}

function initOf({ method, headers, body }: HostileRequest): RequestInit {
  const list = new Headers();
  for (const [name, value] of headers) list.append(name, Buffer.from(value, "utf8").toString("latin1"));
  return { method, headers: list, ...(body === null ? {} : { body: Uint8Array.from(body) }) };
}

interface Tally {
  readonly complaints: string[];
  readonly statuses: Map<number, number>;
  readonly ids: Map<string, { readonly number: number; readonly status: number }>;
}

async function throwOne(number: number, gateway: TestGateway, tally: Tally): Promise<void> {
  const sent = makeRequest(createChance(suiteSeed(), number));
  const words = `${sent.method} ${sent.path.slice(0, 120)}`;
  try {
    const response = await gateway.fetch(sent.path, initOf(sent));
    const text = await response.text();
    const id = response.headers.get("x-lodestar-request-id");
    const wrong = complaint(sent, response.status, id, text);
    if (wrong !== null) tally.complaints.push(caseLabel(number, `${words}: ${wrong}: ${text.slice(0, 200)}`));
    tally.statuses.set(response.status, (tally.statuses.get(response.status) ?? 0) + 1);
    if (id !== null) tally.ids.set(id, { number, status: response.status });
  } catch (error) {
    tally.complaints.push(caseLabel(number, `${words}: threw ${error}`));
  }
}

test(
  "mutated requests through the whole gateway: no crash, no 5xx of ours, every error with an id in its envelope",
  async () => {
    const numbers = caseNumbers(caseCount(FULL_COUNT));
    const { provider, book } = startUpstream();
    const gateway = await openTestGateway(configFor(provider), { KEY: "fuzz-key-0123456789" });
    const tally: Tally = { complaints: [], statuses: new Map(), ids: new Map() };
    try {
      await inParallel(numbers, WIDTH, (number) => throwOne(number, gateway, tally));
      const rows = await gateway.rows();
      const statuses = [...tally.statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status} ${count}`);
      printFigures("fuzz-requests", {
        requests: numbers.length,
        "statuses and how often": statuses.join(", "),
        "calls the provider got": book.calls,
        "ledger rows": rows.length,
        complaints: tally.complaints.length,
      });
      expect(tally.complaints.slice(0, 5)).toEqual([]);
      expect(book.wrong.slice(0, 5)).toEqual([]);
      expect(rows.filter((row) => row.endedAt === null)).toEqual([]);
      const sent = rows.filter((row) => row.upstreamStatus !== null);
      expect(sent.length).toBe(book.calls);
      const billed = Map.groupBy(sent, (row) => row.model);
      expect([...billed].map(([model, own]) => [model, own.length]).sort()).toEqual([...book.models].sort());
      // Tokens are counted here where the provider has no way to count them.
      const unsent = rows.filter((row) => row.upstreamStatus === null && row.endpoint !== "count-tokens");
      // A hit asks nobody, nor does an empty call by which Ollama's clients load a model.
      const isUnasked = ({ state, costReason }: (typeof rows)[number]): boolean =>
        state === "refused" || state === "hit" || (state === "final" && costReason === "no-tokens");
      expect(unsent.filter((row) => !isUnasked(row)).slice(0, 3)).toEqual([]);
      const strays = rows.filter((row) => !tally.ids.has(row.requestId));
      expect(strays.slice(0, 3)).toEqual([]);
    } finally {
      await gateway.close();
      await provider.stop();
    }
  },
  LONG_TEST_MS,
);

/** A hostile request as bytes on the wire, sometimes no HTTP at all. */
function wireBytes(sent: HostileRequest, number: number): Uint8Array {
  const chance = createChance(suiteSeed() + 1, number);
  const own: readonly (readonly [string, string])[] = [
    ["host", "127.0.0.1"],
    ["connection", "close"],
    ["content-length", String(sent.body?.length ?? 0)],
  ];
  const given = new Set(sent.headers.map(([name]) => name));
  const lines = [...own.filter(([name]) => !given.has(name)), ...sent.headers].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = Buffer.from(`${sent.method} ${sent.path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  const damaged = chance.is(0.3) ? damageOften(head, 2, chance) : head;
  return Buffer.concat([damaged, sent.body ?? new Uint8Array()]);
}

const RAW_PATIENCE_MS = 300;

/** Sends bytes, waits until the server closed or kept silent for a while, and returns what came. */
async function exchange(url: string, bytes: Uint8Array): Promise<string> {
  const raw = sendRaw(url, bytes);
  await Promise.race([raw.closed, Bun.sleep(RAW_PATIENCE_MS)]);
  raw.leave();
  return raw.received();
}

/** A refusal by the HTTP parser itself comes before any code of ours; it has neither body nor headers of ours. */
function isParserRefusal(answer: string): boolean {
  return /^HTTP\/1\.1 (400|413|414|431|505|501)\b/.test(answer) && !/content-type: application\/json/i.test(answer);
}

test(
  "mutated bytes on the sockets of the compiled binary: it lives, and its own errors have an id",
  async () => {
    const numbers = caseNumbers(Math.ceil(caseCount(FULL_COUNT) / 50));
    const { provider } = startUpstream();
    const lodestar = await startLodestar({ config: configFor(provider), env: { KEY: "fuzz-key-0123456789" } });
    const complaints: string[] = [];
    const counts = { answered: 0, "refused by the HTTP parser": 0, "closed or silent": 0 };
    try {
      await inParallel(numbers, WIDTH, async (number) => {
        const sent = makeRequest(createChance(suiteSeed(), number));
        const answer = await exchange(lodestar.apiUrl, wireBytes(sent, number));
        const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
        if (status === 0) counts["closed or silent"] += 1;
        else if (isParserRefusal(answer)) counts["refused by the HTTP parser"] += 1;
        else counts.answered += 1;
        const hasId = /\r\nx-lodestar-request-id: req_/i.test(answer);
        const isOurs = status >= 400 && !isParserRefusal(answer);
        if (isOurs && !hasId) complaints.push(caseLabel(number, `no id: ${answer.slice(0, 300)}`));
        if (status >= 500 && !isParserRefusal(answer) && !sent.isScripted)
          complaints.push(caseLabel(number, answer.slice(0, 300)));
      });
      printFigures("fuzz-requests on sockets", { requests: numbers.length, ...counts, complaints: complaints.length });
      expect(complaints.slice(0, 5)).toEqual([]);
      expect((await fetch(`${lodestar.apiUrl}/livez`)).status).toBe(200);
      expect((await lodestar.status()).daemon).toMatchObject({ pid: lodestar.pid });
      const open = (await lodestar.rows()).filter((row) => row.endedAt === null);
      expect(open).toEqual([]);
    } finally {
      expect(await lodestar.stop()).toBe(0);
      await provider.stop();
    }
  },
  LONG_TEST_MS,
);
