import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import type { Usage } from "../../src/core/usage.ts";
import { hasOracle, readOracle } from "./golden-oracle.ts";
import {
  booksOf,
  isExact,
  isListedWithoutPrice,
  scoreOracle,
  scoreTable,
  TABLE_DOCUMENT,
  withTable,
} from "./golden-score.ts";

const reason = hasOracle ? "" : " (no test data)";

/** The oracle's counts in our form: its totals include cached and written tokens, and reasoning. */
function usageOf(counts: Readonly<Record<string, number>>): Usage {
  const count = (name: string): number => counts[name] ?? 0;
  const cacheRead = count("cache_read_tokens");
  const written = count("cache_write_tokens");
  const reasoning = count("output_reasoning_tokens");
  return {
    input: {
      uncached: count("input_tokens") - cacheRead - written,
      cacheRead,
      cacheWrite5m: written,
      cacheWrite1h: 0,
      audio: count("input_audio_tokens"),
      cacheReadAudio: count("cache_audio_read_tokens"),
      image: count("input_image_tokens"),
      video: count("input_video_tokens"),
    },
    output: { text: count("output_tokens") - reasoning, reasoning, image: count("output_image_tokens") },
    raw: null,
  };
}

describe.skipIf(!hasOracle)(`the usage oracle${reason}`, () => {
  test("every extraction of a body's producer is equal, and its price exact to the last digit", async () => {
    const { scores, mistakes } = scoreOracle(readOracle());
    const table = scoreTable(scores);
    console.log(table.join("\n"));
    expect(mistakes).toEqual([]);
    const sum = (name: "entries" | "inScope" | "equal" | "priced" | "pricedInScope" | "exact"): number =>
      scores.reduce((total, score) => total + score[name], 0);
    expect([sum("entries"), sum("priced")]).toEqual([19_321, 3_474]);
    expect(sum("equal")).toBe(sum("inScope"));
    expect(sum("exact")).toBe(sum("pricedInScope"));
    const document = await Bun.file(resolve(import.meta.dir, "../..", TABLE_DOCUMENT)).text();
    expect(withTable(document, table)).toBe(document);
  });

  test("the arithmetic gives every price of the oracle exactly, whoever produced the body", () => {
    const oracle = readOracle();
    const [dated, bundled] = booksOf(oracle);
    const counts = { exact: 0, "exact by the newer bundled table": 0, "listed without a price": 0 };
    const mistakes: unknown[] = [];
    for (const { model = "", extracted } of oracle.golden) {
      for (const { usage, extractors } of extracted) {
        for (const entry of extractors.filter(({ input_price }) => input_price !== undefined)) {
          const isRight = (book: typeof dated): boolean =>
            book !== undefined && isExact(book, model, usageOf(usage), entry);
          if (isRight(dated)) counts.exact += 1;
          else if (isRight(bundled)) counts["exact by the newer bundled table"] += 1;
          else if (isListedWithoutPrice(entry)) counts["listed without a price"] += 1;
          else mistakes.push({ model, usage, entry });
        }
      }
    }
    console.log(counts);
    expect(mistakes).toEqual([]);
    expect(Object.values(counts).reduce((total, count) => total + count)).toBe(3_474);
    expect(counts["listed without a price"]).toBe(2);
  });
});
