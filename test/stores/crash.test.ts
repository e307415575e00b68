import { expect, test } from "bun:test";
import { join } from "node:path";
import type { LedgerRow } from "../../src/core/ledger.ts";
import { mustOpen, temporaryFolder } from "./temporary.ts";

const PROGRAM = join(import.meta.dir, "programs/ledger-under-load.ts");

/** Runs the program until it has committed a few batches, kills it, and returns the last number it said was safe. */
async function runAndKill(stateDir: string, round: number): Promise<number> {
  const child = Bun.spawn([process.execPath, PROGRAM, stateDir, String(round)], { stdout: "pipe", stderr: "inherit" });
  let output = "";
  let isKilled = false;
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    output += decoder.decode(chunk, { stream: true });
    if (!isKilled && output.split("committed").length > 5 * (round + 1)) {
      child.kill("SIGKILL");
      isKilled = true;
    }
  }
  await child.exited;
  const whole = output.slice(0, output.lastIndexOf("\n"));
  return Math.max(...[...whole.matchAll(/committed (\d+)/g)].map(([, number]) => Number(number)));
}

function checkRound(rows: readonly LedgerRow[], round: number, safe: number): void {
  const ids = rows.map(({ requestId }) => requestId).filter((id) => id.startsWith(`${round}-`));
  expect(new Set(ids).size).toBe(ids.length);
  const missing = Array.from({ length: safe + 1 }, (_, number) => `${round}-${number}`).filter(
    (id) => !ids.includes(id),
  );
  expect(missing).toEqual([]);
}

test("kill -9 under load loses no committed row, and open intents are closed as estimated", async () => {
  using folder = temporaryFolder();
  const safe: number[] = [];
  for (let round = 0; round < 3; round += 1) safe.push(await runAndKill(folder.path, round));
  const stores = mustOpen(folder.path);
  const closed = stores.ledger.closeOpenIntents(1);
  expect(closed).toBeGreaterThan(0);
  const rows = [...stores.ledger.query({})];
  safe.forEach((number, round) => {
    expect(number).toBeGreaterThanOrEqual(19);
    checkRound(rows, round, number);
  });
  expect(rows.every(({ endedAt }) => endedAt !== null)).toBe(true);
  const estimated = rows.filter(({ state }) => state === "estimated").length;
  const cost = rows.reduce((sum, row) => sum + (row.costNanoUsd ?? 0), 0);
  expect(stores.ledger.totals({})).toMatchObject({ attempts: rows.length, costNanoUsd: cost, unpriced: estimated });
  stores.close();
}, 60_000);
