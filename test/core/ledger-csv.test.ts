import { expect, test } from "bun:test";
import { LEDGER_CSV_HEADER, ledgerCsvRecord } from "../../src/core/ledger-csv.ts";
import { intentOf, outcomeOf } from "../stores/attempts.ts";

test("a row has every count that its price depends on", () => {
  const usage = {
    input: { uncached: 1, cacheRead: 20, cacheWrite5m: 300, cacheWrite1h: 4_000 },
    output: { text: 50_000, reasoning: 600_000 },
    units: { webSearches: 7 },
  };
  const cells = ledgerCsvRecord({ ...intentOf(), ...outcomeOf(), usage })
    .trim()
    .split(",");
  const row = Object.fromEntries(
    LEDGER_CSV_HEADER.trim()
      .split(",")
      .map((title, index) => [title, cells[index]]),
  );
  expect(row).toMatchObject({
    input_tokens: "4321",
    cache_read_tokens: "20",
    cache_write_tokens: "4300",
    cache_write_1h_tokens: "4000",
    output_tokens: "650000",
    reasoning_tokens: "600000",
    web_searches: "7",
  });
});
