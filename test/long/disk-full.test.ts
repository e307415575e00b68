import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import type { StatusView } from "../../src/core/admin-view.ts";
import type { LedgerRow } from "../../src/core/ledger.ts";
import { binaryPath } from "../real/binary.ts";
import {
  plainEnvironment,
  type RunningLodestar,
  startLodestar,
  stopLodestars,
  temporaryFolder,
} from "../real/driver.ts";
import { eventually } from "../support/eventually.ts";
import { ACCOUNT_PRICES, answerWith, billOf, type OwnUsage, ownUsage } from "./support/account.ts";
import { createChance } from "./support/chance.ts";
import { numberIn, planOf, sendPlanned } from "./support/load.ts";
import { type LeanProvider, startProvider } from "./support/provider.ts";
import { caseCount, LONG_TEST_MS, printFigures, suiteSeed } from "./support/run.ts";
import { besides, canMakeSmallDisk, fillDisk, onSmallDisk, seenBy } from "./support/small-disk.ts";

const DISK_MEBIBYTES = 256;
const FIRST = 200;
/** More than the queue takes: 64 MiB of rows. */
const FULL_COUNT = 120_000;
const LANES = 32;
/** The longest pause between two tries of a store that refuses is 5 s. */
const RECOVERY_MS = 30_000;

afterAll(stopLodestars);

const isPossible = canMakeSmallDisk();

/** Answers every call, and logs what it used by the number of the request. */
function startUpstream(): { provider: LeanProvider; calls: Map<number, OwnUsage> } {
  const calls = new Map<number, OwnUsage>();
  const provider = startProvider(async (request) => {
    const body = await request.text();
    const number = numberIn(body);
    const usage = ownUsage(createChance(suiteSeed() + 1, number));
    calls.set(number, usage);
    return answerWith(usage, body.includes('"stream":true'));
  });
  return { provider, calls };
}

/** Sends requests side by side until there are `most` or one is refused; how many were answered, and the words of refusals. */
async function sendUntilRefused(
  url: string,
  first: number,
  most: number,
): Promise<{ answered: number; refusals: string[] }> {
  const refusals: string[] = [];
  let [answered, next] = [0, first];
  const lane = async (): Promise<void> => {
    while (refusals.length === 0 && next < first + most) {
      next += 1;
      const { status, text } = await sendPlanned(url, planOf(next, 0, 1), "up/m");
      if (status === 200) answered += 1;
      else refusals.push(`${status} ${text}`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { answered, refusals };
}

async function startOnSmallDisk(provider: LeanProvider): Promise<{ lodestar: RunningLodestar; seen: string }> {
  const home = temporaryFolder();
  const stateDir = join(home, "state");
  const config = `
providers:
  up: { dialect: openai-chat, baseUrl: "${provider.url}/v1", models: [m], accounts: [{ key: env:KEY }] }
${ACCOUNT_PRICES}
log: { level: error }
`;
  const within = onSmallDisk(stateDir, DISK_MEBIBYTES);
  const lodestar = await startLodestar({ config, env: { KEY: "disk-key-0123456789" }, home, stateDir, within });
  return { lodestar, seen: seenBy(lodestar.pid, stateDir) };
}

/** A command of the same binary, on the disk of the daemon. */
async function runBeside({ pid, stateDir, home }: RunningLodestar, ...words: readonly string[]): Promise<string> {
  const command = [...besides(pid), await binaryPath(), ...words, `--state-dir=${stateDir}`];
  const child = Bun.spawn([...command], { env: plainEnvironment(home), stdin: "ignore", stderr: "pipe" });
  const [out, problem] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`${words.join(" ")}: ${problem}`);
  return out;
}

async function ledgerHealth(lodestar: RunningLodestar): Promise<StatusView["daemon"]["ledger"]> {
  return (JSON.parse(await runBeside(lodestar, "status", "--json")) as StatusView).daemon.ledger;
}

async function writtenRows(lodestar: RunningLodestar): Promise<readonly LedgerRow[]> {
  const isWritten = async (): Promise<boolean> => (await ledgerHealth(lodestar)).queued === 0;
  await eventually("the queue is written", isWritten, RECOVERY_MS);
  const lines = (await runBeside(lodestar, "costs", "query", "--json")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as LedgerRow);
}

test.skipIf(!isPossible)(
  `on a full disk serving goes on until the queue is full, then refuses; nothing is lost when there is room again${isPossible ? "" : " (no file system may be mounted here)"}`,
  async () => {
    const { provider, calls } = startUpstream();
    const { lodestar, seen } = await startOnSmallDisk(provider);
    expect((await sendUntilRefused(lodestar.apiUrl, 0, FIRST)).answered).toBe(FIRST);

    const makeRoom = fillDisk(seen);
    const count = caseCount(FULL_COUNT);
    const { answered, refusals } = await sendUntilRefused(lodestar.apiUrl, FIRST, count);
    const full = await ledgerHealth(lodestar);
    expect(full.lastError).toContain("disk is full");
    // A shorter run does not fill the queue, and nothing is refused.
    expect(refusals.length > 0).toBe(count >= FULL_COUNT);
    for (const refusal of refusals)
      expect(refusal).toMatch(/^503 .*ledger cannot be written.*disk is full.*target_unavailable/s);
    expect(calls.size).toBe(FIRST + answered);

    makeRoom();
    const start = performance.now();
    expect(await writtenRows(lodestar)).toHaveLength(calls.size);
    const recoveryMs = performance.now() - start;
    const again = await sendUntilRefused(lodestar.apiUrl, FIRST + 2 * count, FIRST);
    expect(again).toEqual({ answered: FIRST, refusals: [] });
    const rows = await writtenRows(lodestar);
    const wrong = rows.filter((row) => {
      const usage = calls.get(Number(row.session));
      return row.state !== "final" || usage === undefined || row.costNanoUsd !== billOf(usage);
    });
    const checked: unknown = JSON.parse(await runBeside(lodestar, "costs", "check", "--json"));
    printFigures("disk full", {
      "answered while the disk was full": answered,
      "rows that waited": full.queued,
      refused: refusals.length,
      "ms until all was written, after there was room": Math.round(recoveryMs),
      "calls in the upstream's own log": calls.size,
      "rows, each with its bill": rows.length - wrong.length,
      "rows that differ": wrong.length,
    });
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(new Set(rows.map((row) => row.session)).size).toBe(calls.size);
    expect(checked).toMatchObject({ damage: [], rows: calls.size, wrongSums: 0, wrongLast: 0 });
    expect(await lodestar.stop()).toBe(0);
    await provider.stop();
  },
  LONG_TEST_MS,
);

test.skipIf(!isPossible)(
  "told to end on a full disk, it says what is lost and does not end with 0",
  async () => {
    const { provider } = startUpstream();
    const { lodestar, seen } = await startOnSmallDisk(provider);
    await sendUntilRefused(lodestar.apiUrl, 0, FIRST);
    expect(await writtenRows(lodestar)).toHaveLength(FIRST);
    fillDisk(seen);
    const { answered } = await sendUntilRefused(lodestar.apiUrl, FIRST, 3_000);
    expect(answered).toBe(3_000);
    const code = await lodestar.stop();
    expect(lodestar.stderr().split("\n").at(-1)).toMatch(
      /3000 attempts could not be written and are lost: .*disk is full/,
    );
    expect(code).not.toBe(0);
    await provider.stop();
  },
  LONG_TEST_MS,
);
