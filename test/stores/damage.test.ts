import { describe, expect, test } from "bun:test";
import { createChance } from "../long/support/chance.ts";
import { DAMAGES, soundLedger, type Verdict, verdictOn } from "./damage.ts";

const EACH = 4;

/** What may become of each; a log that was cut may have been the commit that the power cut tore. */
const ALLOWED: Readonly<Record<string, readonly Verdict[]>> = {
  "the database is empty": ["refused"],
  "the database is gone and its log is not": ["refused"],
  "the database is text": ["refused"],
  "the database is another of ours": ["refused"],
  "the log is cut at any byte": ["tail", "torn", "harmless"],
};

const sound = await soundLedger();

describe("a damaged ledger is refused or found by the check", () => {
  test.each(Object.entries(DAMAGES))("when %s", (words, damage) => {
    for (let number = 0; number < EACH; number += 1) {
      const verdict = verdictOn({ words, ...damage(sound, createChance(7, number)) }, sound);
      const isAllowed = ALLOWED[words]?.includes(verdict) ?? (verdict !== "silent" && verdict !== "tail");
      expect({ number, verdict, isAllowed }).toEqual({ number, verdict, isAllowed: true });
    }
  });
});
