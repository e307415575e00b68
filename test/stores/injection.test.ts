import { expect, test } from "bun:test";
import type { Ledger, LedgerFilter } from "../../src/stores/ports.ts";
import { intentOf, outcomeOf, PRICE } from "./attempts.ts";
import { mustOpen, temporaryFolder } from "./temporary.ts";

const QUOTES = ["'", '"', "`", "')", "';", "\\'", "%27", "''", "\u02bc", "\0'"];
const BODIES = [
  "OR 1=1",
  "OR 'a'='a",
  "UNION SELECT * FROM prices",
  "DROP TABLE attempts",
  "; DELETE FROM attempts",
  "AND sleep(5)",
  "|| (SELECT json FROM prices)",
  "ATTACH DATABASE 'x' AS y",
  "$from",
  "?1",
];
const TAILS = ["", "--", "-- -", "/*", "#", ";", ";--", "\n", " LIMIT 1", ") --"];
const CASES = ["", " ", "\t", "/**/", "+", "req_1", "1", "null", "\u0001", "%"];

/** 10,000 strings. */
const ATTACKS = CASES.flatMap((start) =>
  QUOTES.flatMap((quote) => BODIES.flatMap((body) => TAILS.map((tail) => `${start}${quote} ${body}${tail}`))),
);

const PARAMETERS = ["requestId", "provider", "model", "project", "keyId", "session", "state"] as const;
/** Those that came later take the same way into the same statement. */
const MORE_PARAMETERS = ["tag", "task", "file", "client", "endpoint", "requestedModel", "faultKind"] as const;

function findsAnything(ledger: Ledger, filter: LedgerFilter): boolean {
  return ledger.query(filter, 1).next().done !== true;
}

test("10,000 injection strings in each filter parameter find nothing and change nothing", async () => {
  using folder = temporaryFolder();
  const { ledger, keys, close } = mustOpen(folder.path);
  ledger.reserve(intentOf());
  ledger.settle(outcomeOf(), PRICE);
  await ledger.flush();
  expect(new Set(ATTACKS).size).toBe(10_000);
  const found = PARAMETERS.flatMap((name) => ATTACKS.filter((attack) => findsAnything(ledger, { [name]: attack })));
  expect(found).toEqual([]);
  const tenth = ATTACKS.filter((_, index) => index % 10 === 0);
  const more = MORE_PARAMETERS.flatMap((name) => tenth.filter((attack) => findsAnything(ledger, { [name]: attack })));
  expect(more).toEqual([]);
  for (const attack of ATTACKS) expect(ledger.price(attack) ?? keys.findByDigest(attack)).toBeNull();
  for (const attack of ATTACKS.slice(0, 500)) {
    expect(ledger.totals({ provider: attack, project: attack }).attempts).toBe(0);
    expect(ledger.recentRequests(5, { session: attack })).toEqual([]);
  }
  expect(ledger.totals({}).attempts).toBe(1);
  close();
}, 240_000);

test("hostile names are stored as they are", async () => {
  using folder = temporaryFolder();
  const { ledger, close } = mustOpen(folder.path);
  const attacks = ATTACKS.filter((_, index) => index % 97 === 0);
  for (const [index, attack] of attacks.entries()) {
    ledger.reserve(
      intentOf({ requestId: `req_${index}`, model: attack, project: attack, session: attack, client: attack }),
    );
  }
  await ledger.flush();
  const rows = [...ledger.query({})].reverse();
  expect(rows.map(({ project }) => project)).toEqual(attacks);
  expect(ledger.groups({}, "project")).toHaveLength(attacks.length);
  expect(ledger.totals({ project: attacks[1] ?? "" }).attempts).toBe(1);
  close();
});
