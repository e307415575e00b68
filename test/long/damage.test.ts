import { expect, test } from "bun:test";
import { DAMAGES, soundLedger, type Verdict, verdictOn } from "../stores/damage.ts";
import { createChance } from "./support/chance.ts";
import { caseCount, caseLabel, caseNumbers, LONG_TEST_MS, printFigures, suiteSeed } from "./support/run.ts";

const FULL_COUNT = 5_000;
/** What a log that was only cut loses is no more than what a power cut tears off. */
const CUT = "the log is cut at any byte";

test(
  "whatever happens to the bytes of a ledger, it is refused or its check tells, and no money is lost without a word",
  async () => {
    const sound = await soundLedger();
    const kinds = Object.entries(DAMAGES);
    const counts = new Map<string, Map<Verdict, number>>();
    const complaints: string[] = [];
    for (const number of caseNumbers(caseCount(FULL_COUNT))) {
      const [words, damage] = kinds[number % kinds.length] ?? [];
      if (words === undefined || damage === undefined) continue;
      const verdict = verdictOn({ words, ...damage(sound, createChance(suiteSeed(), number)) }, sound);
      const ofKind = counts.get(words) ?? new Map<Verdict, number>();
      counts.set(words, ofKind.set(verdict, (ofKind.get(verdict) ?? 0) + 1));
      const isLost = verdict === "silent" || (verdict === "tail" && words !== CUT);
      if (isLost) complaints.push(caseLabel(number, `${words}: ${verdict}`));
    }
    const lines = [...counts].map(([words, verdicts]) => [
      words,
      [...verdicts].map(([verdict, count]) => `${verdict} ${count}`).join(", "),
    ]);
    printFigures("damage", { ...Object.fromEntries(lines), complaints: complaints.length });
    expect(complaints.slice(0, 5)).toEqual([]);
  },
  LONG_TEST_MS,
);
