import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fillLedger } from "./fill.ts";

/** The last evening of a month, so that "this month" is a whole one. */
export const LEDGER_NOW = Date.UTC(2026, 10, 30, 20);
/** Far enough from UTC that a local day is never a UTC day. */
export const LEDGER_ZONE = "America/New_York";

/** Measured: 390 bytes a row with all its sums, and as much again while the log is written back. */
const BYTES_OF_ROW = 800;

/** How many bytes the disk of temporary files lacks for a ledger of so many rows; 0 when it has them. */
export function missingBytes(rows: number): number {
  const { bavail, bsize } = statfsSync(tmpdir());
  return Math.max(0, rows * BYTES_OF_ROW - bavail * bsize);
}

/** A state directory with a ledger of so many rows over 90 days, which disappears with `using`. Takes 25 µs a row. */
export function bigLedger(rows: number): { readonly stateDir: string } & Disposable {
  const stateDir = mkdtempSync(join(tmpdir(), "lodestar-ledger-"));
  const remove = () => rmSync(stateDir, { recursive: true, force: true });
  try {
    fillLedger(stateDir, { rows, days: 90, until: LEDGER_NOW, seed: 1 });
  } catch (error) {
    remove();
    throw error;
  }
  return { stateDir, [Symbol.dispose]: remove };
}
