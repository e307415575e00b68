import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LedgerRow } from "../../src/core/ledger.ts";
import { checkLedger } from "../../src/stores/check.ts";
import { openStores } from "../../src/stores/open.ts";
import { StoreError } from "../../src/stores/store-error.ts";
import type { Chance } from "../long/support/chance.ts";
import { DAY, intentOf, NOON, outcomeOf, PRICE, usageOf } from "./attempts.ts";
import { createFakeClock } from "./fake-clock.ts";
import { mustOpen, temporaryFolder } from "./temporary.ts";

const PAGE = 4_096;
const WAL_HEADER = 32;
const FRAME = PAGE + 24;

/** The files of a ledger whose owner was killed: some rows are in the database, some only in its log. */
export interface Sound {
  readonly main: Buffer;
  readonly wal: Buffer;
  /** The same rows after the owner ended well: there is no log. */
  readonly closed: Buffer;
  readonly keys: Buffer;
  readonly rows: readonly LedgerRow[];
}

const OLD_ROWS = 1_200;
const COMMITS = 24;
const ROWS_OF_COMMIT = 20;

/** Writes a ledger of three days, and copies its files before it is closed. */
export async function soundLedger(): Promise<Sound> {
  using folder = temporaryFolder();
  const clock = createFakeClock(NOON);
  const write = (ledger: ReturnType<typeof mustOpen>["ledger"], number: number): void => {
    const requestId = `req_${number}`;
    const startedAt = NOON + ((number * 97) % 3) * DAY + number * 1_000;
    ledger.reserve(intentOf({ requestId, startedAt, session: `session_${number % 40}`, model: `m${number % 5}` }));
    const usage = usageOf(number * 7, number % 50);
    ledger.settle(outcomeOf({ requestId, usage, costNanoUsd: number * 1_000, endedAt: startedAt + 900 }), PRICE);
  };
  const old = mustOpen(folder.path, clock);
  for (let number = 0; number < OLD_ROWS; number += 1) write(old.ledger, number);
  old.close();
  const stores = mustOpen(folder.path, clock);
  for (let number = 0; number < COMMITS * ROWS_OF_COMMIT; number += 1) {
    write(stores.ledger, OLD_ROWS + number);
    if (number % ROWS_OF_COMMIT === ROWS_OF_COMMIT - 1) await stores.ledger.flush();
  }
  const file = (name: string): Buffer => readFileSync(join(folder.path, name));
  const sound = { main: file("ledger.db"), wal: file("ledger.db-wal"), keys: file("keys.db") };
  const rows = [...stores.ledger.query({})];
  stores.close();
  return { ...sound, closed: file("ledger.db"), rows };
}

/** Damaged files and what was done to them; null: the file is gone. */
export interface Damaged {
  readonly words: string;
  readonly main: Buffer | null;
  readonly wal: Buffer | null;
}

function flipBit(bytes: Buffer, from: number, to: number, chance: Chance): Buffer {
  const copy = Buffer.from(bytes);
  const at = from + chance.below(to - from);
  copy[at] = (copy[at] ?? 0) ^ (1 << chance.below(8));
  return copy;
}

function overwrite(bytes: Buffer, page: number, value: number): Buffer {
  return Buffer.from(bytes).fill(value, page * PAGE, (page + 1) * PAGE);
}

/** Ways to damage a file of a ledger. Each takes a name of its own. */
export const DAMAGES: Readonly<Record<string, (sound: Sound, chance: Chance) => Omit<Damaged, "words">>> = {
  "the database is cut at any byte": ({ main, wal }, chance) => ({
    main: main.subarray(0, chance.below(main.length)),
    wal,
  }),
  "the database is cut at a page": ({ main, wal }, chance) => ({
    main: main.subarray(0, PAGE * (1 + chance.below(main.length / PAGE - 1))),
    wal,
  }),
  "a bit flips in the header": ({ main, wal }, chance) => ({ main: flipBit(main, 0, 100, chance), wal }),
  "a bit flips in the header of a closed ledger": ({ closed }, chance) => ({
    main: flipBit(closed, 0, 100, chance),
    wal: null,
  }),
  "a bit flips in a closed ledger": ({ closed }, chance) => ({
    main: flipBit(closed, 100, closed.length, chance),
    wal: null,
  }),
  "a bit flips in a page": ({ main, wal }, chance) => ({ main: flipBit(main, 100, main.length, chance), wal }),
  "a page is zero": ({ main, wal }, chance) => ({ main: overwrite(main, chance.below(main.length / PAGE), 0), wal }),
  "a page is noise": ({ main, wal }, chance) => ({
    main: overwrite(main, chance.below(main.length / PAGE), 1 + chance.below(255)),
    wal,
  }),
  "the database is empty": ({ wal }) => ({ main: Buffer.alloc(0), wal }),
  "the database is gone and its log is not": ({ wal }) => ({ main: null, wal }),
  "the database is text": ({ wal }) => ({ main: Buffer.from("not a database\n".repeat(600)), wal }),
  "the database is another of ours": ({ keys, wal }) => ({ main: keys, wal }),
  "a bit flips in the log": ({ main, wal }, chance) => ({ main, wal: flipBit(wal, WAL_HEADER, wal.length, chance) }),
  "a bit flips in the log's header": ({ main, wal }, chance) => ({ main, wal: flipBit(wal, 0, WAL_HEADER, chance) }),
  "a frame of the log is zero": ({ main, wal }, chance) => {
    const at = WAL_HEADER + FRAME * chance.below(Math.floor((wal.length - WAL_HEADER) / FRAME));
    return { main, wal: Buffer.from(wal).fill(0, at, at + FRAME) };
  },
  "the log is cut at any byte": ({ main, wal }, chance) => ({ main, wal: wal.subarray(0, chance.below(wal.length)) }),
};

/**
 * What became of damage. `refused`: the ledger was not opened, with a fault. `reported`: the check found it. `harmless`: every
 * row and sum is as it was. `text`: money and tokens are as they were, some detail is not. `torn`: the last
 * commit is missing, as after a power cut; `tail`: more of the last ones are; the others and their sums are as they were.
 * `silent`: anything else.
 */
export type Verdict = "refused" | "reported" | "harmless" | "text" | "torn" | "tail" | "silent";

function put(folder: string, { main, wal }: Damaged, { keys }: Sound): string {
  mkdirSync(folder, { recursive: true });
  if (main !== null) writeFileSync(join(folder, "ledger.db"), main);
  if (wal !== null) writeFileSync(join(folder, "ledger.db-wal"), wal);
  writeFileSync(join(folder, "keys.db"), keys);
  return folder;
}

function isReported(stateDir: string): boolean {
  const checked = checkLedger(stateDir, () => undefined);
  if (!checked.ok) return true;
  const { damage, wrongSums, wrongLast, lostPrices } = checked.value;
  return damage.length > 0 || wrongSums + wrongLast + lostPrices > 0;
}

function moneyOf(row: LedgerRow): string {
  const { requestId, attempt, startedAt, usage, costNanoUsd, savedNanoUsd } = row;
  // What was reserved counts only in the place of a cost that nobody knows.
  const reserved = costNanoUsd === null ? row.reservedNanoUsd : null;
  return JSON.stringify([requestId, attempt, startedAt, usage, costNanoUsd, savedNanoUsd, reserved]);
}

function compare(found: readonly LedgerRow[], rows: readonly LedgerRow[]): Verdict {
  if (Bun.deepEquals(found, rows)) return "harmless";
  const money = found.map(moneyOf);
  if (Bun.deepEquals(money, rows.map(moneyOf))) return "text";
  const kept = new Set(money);
  const byAge = rows.toSorted((left, right) => numberOf(left) - numberOf(right));
  const firstMissing = byAge.findIndex((row) => !kept.has(moneyOf(row)));
  if (firstMissing !== found.length) return "silent";
  return rows.length - found.length <= ROWS_OF_COMMIT ? "torn" : "tail";
}

function numberOf({ requestId }: LedgerRow): number {
  return Number(requestId.slice("req_".length));
}

/** Opens a damaged ledger as its owner, reads all of it, checks it; any error but a fault of the store is thrown. */
export function verdictOn(damaged: Damaged, sound: Sound): Verdict {
  using folder = temporaryFolder();
  const isFound = isReported(put(join(folder.path, "check"), damaged, sound));
  const opened = openStores({ stateDir: put(join(folder.path, "open"), damaged, sound), clock: createFakeClock(NOON) });
  if (!opened.ok) return "refused";
  try {
    const found = [...opened.value.ledger.query({})];
    const attempts = opened.value.ledger.totals({}).attempts;
    if (isFound) return "reported";
    return attempts === found.length ? compare(found, sound.rows) : "silent";
  } catch (error) {
    if (error instanceof StoreError) return "reported";
    throw error;
  } finally {
    closeAnyhow(opened.value);
  }
}

/** What cannot be read may not be writable either. */
function closeAnyhow(stores: { close(): void }): void {
  try {
    stores.close();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}
