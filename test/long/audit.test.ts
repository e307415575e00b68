import { afterAll, expect, test } from "bun:test";
import type { LedgerRow } from "../../src/core/ledger.ts";
import { estimateTokens } from "../../src/core/usage.ts";
import { startLodestar, stopLodestars } from "../real/driver.ts";
import { chatChunks, chatReply, contentOf } from "../support/chat-chunks.ts";
import { eventually } from "../support/eventually.ts";
import { ACCOUNT_PRICES, billOf, type OwnUsage, ownUsage, usageBody } from "./support/account.ts";
import { createChance } from "./support/chance.ts";
import { type LoadPlan, numberIn, planOf, sendPlanned } from "./support/load.ts";
import { type LeanProvider, startProvider } from "./support/provider.ts";
import { readRows } from "./support/rows.ts";
import { caseCount, caseLabel, caseNumbers, inParallel, LONG_TEST_MS, printFigures, suiteSeed } from "./support/run.ts";

const FULL_COUNT = 100_000;
const WIDTH = 128;
const ABORT_SHARE = 0.3;
const LEAVES_WITHIN_MS = 120;
const HANG_MS = 2_000;
/** A stream to a client that leaves takes at least this long, so that it is cut and not missed. */
const SLOW_MS = 150;
/** Events of a cut stream that the upstream had sent and the gateway had not read yet. */
const EVENTS_ON_THE_WAY = 3;

afterAll(stopLodestars);

/** One call in the upstream's own log. */
interface OwnCall {
  readonly number: number;
  readonly behaviour: "answer" | "5xx" | "hang";
  readonly usage: OwnUsage;
  /** Tokens it had handed over when the call ended. */
  sentTokens: number;
  /** Their text, with what was on its way. */
  sentText: string;
}

/** Each piece is one token, as providers stream them. */
const TOKENS = [
  "The",
  " quick",
  " brown",
  " fox",
  " jumps",
  " over",
  " the",
  " lazy",
  " dog",
  ".",
  " It",
  " never",
  " stops",
  ",",
  " though",
];

function streamOf(
  call: OwnCall,
  words: readonly string[],
  usage: object,
  caller: AbortSignal,
  isSlow: boolean,
): Response {
  const chunks = chatChunks(words, usage);
  async function* body(): AsyncGenerator<string> {
    for (const [index, chunk] of chunks.entries()) {
      if (isSlow) await Bun.sleep(Math.max(8, SLOW_MS / chunks.length));
      const word = words[index - 1] ?? "";
      call.sentText += word;
      yield chunk;
      if (word !== "" && !caller.aborted) call.sentTokens += 1;
    }
  }
  return new Response(body(), { headers: { "content-type": "text/event-stream" } });
}

function answer(call: OwnCall, isStream: boolean, caller: AbortSignal, isSlow: boolean): Response | Promise<Response> {
  const words = Array.from({ length: call.usage.completion }, (_, index) => TOKENS[index % TOKENS.length] ?? "");
  if (isStream) return streamOf(call, words, usageBody(call.usage), caller, isSlow);
  const reply = Response.json(chatReply(words.join(""), usageBody(call.usage)));
  return isSlow ? Bun.sleep(SLOW_MS).then(() => reply) : reply;
}

/** Answers, fails and hangs by the number of the request and of the try, and logs every call. */
function startUpstream(): { provider: LeanProvider; calls: OwnCall[] } {
  const calls: OwnCall[] = [];
  const tries = new Map<number, number>();
  const provider = startProvider(async (request) => {
    const body = await request.text();
    const number = numberIn(body);
    const nth = tries.get(number) ?? 0;
    tries.set(number, nth + 1);
    const chance = createChance(suiteSeed() + 1, number * 16 + nth);
    const share = chance.next();
    const usage = ownUsage(chance);
    const behaviour = share < 0.1 ? "5xx" : share < 0.15 ? "hang" : "answer";
    const call: OwnCall = { number, behaviour, usage, sentTokens: 0, sentText: "" };
    calls.push(call);
    if (behaviour === "5xx")
      return Response.json({ error: { message: "scripted" } }, { status: 500 + chance.below(4) });
    if (behaviour === "hang") return new Promise<Response>(() => undefined);
    const isSlow = planOf(number, ABORT_SHARE, LEAVES_WITHIN_MS).leavesAfterMs !== null;
    return answer(call, body.includes('"stream":true'), request.signal, isSlow);
  });
  return { provider, calls };
}

function configFor({ url }: LeanProvider): string {
  return `
providers:
  up: { dialect: openai-chat, baseUrl: "${url}/v1", models: [m], accounts: [{ key: env:KEY }] }
${ACCOUNT_PRICES}
deadlines: { headers: ${HANG_MS}ms }
retries: { attempts: 2, base: 5ms, max: 10ms }
breaker: { off: true }
log: { level: error }
`;
}

/** A row with the call it stands for; none where the client left before anything was sent. */
interface Pair {
  readonly row: LedgerRow;
  readonly call: OwnCall | null;
}

function pairUp(rows: readonly LedgerRow[], calls: readonly OwnCall[], complaints: string[]): readonly Pair[] {
  const own = Map.groupBy(calls, (call) => call.number);
  const booked = Map.groupBy(rows, (row) => Number(row.session));
  for (const number of own.keys()) if (!booked.has(number)) complaints.push(caseLabel(number, "called without a row"));
  return [...booked].flatMap(([number, unsorted]) => {
    const sorted = unsorted.toSorted((left, right) => left.attempt - right.attempt);
    const mine = own.get(number) ?? [];
    const isShort = sorted.length !== mine.length;
    const isUnsent = sorted.length === mine.length + 1 && sorted.at(-1)?.state === "aborted";
    if (isShort && !isUnsent) complaints.push(caseLabel(number, `${mine.length} calls but ${sorted.length} rows`));
    return sorted.map((row, index) => ({ row, call: mine[index] ?? null }));
  });
}

function pairComplaint({ row, call }: Pair, plan: LoadPlan): string | null {
  const { input, output } = row.usage;
  if (row.endedAt === null) return "left open";
  if (row.state === "final") {
    if (call === null || call.behaviour !== "answer") return "final without an answer";
    const { prompt, cached, completion } = call.usage;
    const isSame = input.uncached === prompt - cached && input.cacheRead === cached && output.text === completion;
    return isSame && row.costNanoUsd === billOf(call.usage)
      ? null
      : `final with ${row.costNanoUsd}, not ${billOf(call.usage)}`;
  }
  if (row.state === "aborted") return plan.leavesAfterMs === null ? "aborted by nobody" : null;
  if (row.state !== "failed") return `state ${row.state}`;
  return call?.behaviour === "answer" ? `failed though answered: ${row.fault?.message}` : null;
}

/** An aborted stream must be billed for what passed: no less than the client got, no more than the upstream sent. */
function abortComplaint({ row, call }: Pair, got: string | undefined): string | null {
  if (row.state !== "aborted" || call === null || call.sentText === "") return null;
  const least = got === undefined ? 0 : estimateTokens(contentOf(wholeEvents(got)));
  const most = estimateTokens(call.sentText);
  const { text } = row.usage.output;
  return text >= least && text <= most ? null : `aborted with ${text} tokens, not ${least} to ${most}`;
}

/** Without the event that the client's leaving cut. */
function wholeEvents(wire: string): string {
  return wire.slice(0, wire.lastIndexOf("\n\n") + 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function relative(estimated: number, actual: number): number {
  return actual === 0 ? 0 : Math.abs(estimated - actual) / actual;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

test(
  "the ledger equals the upstream's own log, in number and in money, whatever the clients and the upstream do",
  async () => {
    const numbers = caseNumbers(caseCount(FULL_COUNT));
    const { provider, calls } = startUpstream();
    const lodestar = await startLodestar({ config: configFor(provider), env: { KEY: "audit-key-0123456789" } });
    const aborted = new Map<number, string>();
    const complaints: string[] = [];
    await inParallel(numbers, WIDTH, async (number) => {
      const plan = planOf(number, ABORT_SHARE, LEAVES_WITHIN_MS);
      const { text } = await sendPlanned(lodestar.apiUrl, plan, "up/m");
      if (plan.leavesAfterMs !== null) aborted.set(number, text);
    });
    await eventually(
      "no attempt is open",
      () => readRows(lodestar.stateDir).every((row) => row.endedAt !== null),
      60_000,
    );
    expect(await lodestar.stop()).toBe(0);
    await provider.stop();
    const rows = readRows(lodestar.stateDir);
    const pairs = pairUp(rows, calls, complaints);
    for (const pair of pairs) {
      const number = Number(pair.row.session);
      const wrong =
        pairComplaint(pair, planOf(number, ABORT_SHARE, LEAVES_WITHIN_MS)) ?? abortComplaint(pair, aborted.get(number));
      if (wrong !== null) complaints.push(caseLabel(number, wrong));
    }
    const finals = pairs.filter(({ row }) => row.state === "final");
    const booked = sum(finals.map(({ row }) => row.costNanoUsd ?? 0));
    const billed = sum(finals.map(({ call }) => (call === null ? 0 : billOf(call.usage))));
    const cut = pairs.filter(({ row, call }) => row.state === "aborted" && call !== null && call.sentTokens > 0);
    const cutBooked = sum(cut.map(({ row }) => row.usage.output.text));
    const cutSent = sum(cut.map(({ call }) => call?.sentTokens ?? 0));
    const wholeSent = calls.filter((call) => call.behaviour === "answer" && call.sentTokens === call.usage.completion);
    const estimator = relative(
      sum(wholeSent.map((call) => estimateTokens(call.sentText))),
      sum(wholeSent.map((call) => call.sentTokens)),
    );
    printFigures("audit", {
      requests: numbers.length,
      "clients that left": percent(aborted.size / numbers.length),
      "calls in the upstream's log": calls.length,
      "of them answered with 5xx": percent(calls.filter((call) => call.behaviour === "5xx").length / calls.length),
      "of them left hanging": percent(calls.filter((call) => call.behaviour === "hang").length / calls.length),
      "ledger rows": rows.length,
      "rows of clients that left before anything was sent": pairs.filter(({ call }) => call === null).length,
      "final rows": finals.length,
      "sum of final rows, USD": (booked / 1e9).toFixed(9),
      "sum of the upstream's own account, USD": (billed / 1e9).toFixed(9),
      "failed rows": pairs.filter(({ row }) => row.state === "failed").length,
      "aborted rows": pairs.filter(({ row }) => row.state === "aborted").length,
      "aborted streams with content": cut.length,
      "their output tokens, booked and sent": `${cutBooked} and ${cutSent} (${percent(relative(cutBooked, cutSent))} apart)`,
      "error of the estimator on whole streams": percent(estimator),
      complaints: complaints.length,
    });
    expect(complaints.slice(0, 5)).toEqual([]);
    expect(booked).toBe(billed);
    const onTheWay = (EVENTS_ON_THE_WAY * cut.length) / Math.max(1, cutSent);
    expect(relative(cutBooked, cutSent)).toBeLessThanOrEqual(estimator + onTheWay);
  },
  LONG_TEST_MS,
);
