/**
 * Trains how hard a prompt is for a small model, on the correctness data of `<root>/data/routing/train`:
 *
 *   bun scripts/train-difficulty.ts            writes config/router/weights/difficulty.bin and docs/difficulty-card.md
 *   bun scripts/train-difficulty.ts --check    trains and compares, writes nothing, fails where anything differs
 *
 * The root is LODESTAR_TEST_DATA or `../shared`. The same data give the same bytes.
 */
import { join } from "node:path";
import { type DifficultyFit, fitDifficulty } from "./train-router/difficulty-fit.ts";
import { readDifficultyMaterial } from "./train-router/difficulty-material.ts";

const ROOT = join(import.meta.dir, "..");
const WEIGHTS = join(ROOT, "config/router/weights/difficulty.bin");
const CARD = join(ROOT, "docs/difficulty-card.md");

function digits(value: number): string {
  return value.toFixed(3);
}

function cardOf({ bytes, families, figures, leastKnown, usual }: DifficultyFit): string {
  const rows = figures.map(
    ({ name, count, auroc, calibrationError, abstained }) =>
      `| ${name} | ${count.toLocaleString("en-US")} | ${digits(auroc.value)} (${digits(auroc.low)} to ${digits(auroc.high)}) | ${digits(calibrationError)} | ${(abstained * 100).toFixed(1)} % |`,
  );
  return [
    "# Model card: difficulty",
    "",
    "Written by `bun scripts/train-difficulty.ts`; do not edit. The same data give the same bytes.",
    "",
    `\`config/router/weights/difficulty.bin\`, ${bytes.length.toLocaleString("en-US")} bytes: the chance that a small model on one's own machine does not answer a prompt well.`,
    `A ridge on hashed words and pairs of words, calibrated by steps that rise; the usual chance is ${digits(usual)}. It abstains where it knows less than ${digits(leastKnown)} of a prompt's words and pairs, the rare ones counting more.`,
    "",
    "**Learnt from**",
    "",
    ...families.map(
      ({ name, what, licence, count }) => `- ${name}: ${count.toLocaleString("en-US")} prompts, ${what} (${licence})`,
    ),
    "",
    "Rows marked as contaminated are left out. Near-duplicates are in one fold.",
    "",
    "**Measured** (five folds, and families that were left out whole)",
    "",
    "| Prompts | n | AUROC | Calibration error | Abstained |",
    "|---|--:|--:|--:|--:|",
    ...rows,
    "",
    "AUROC and calibration error count all prompts, also those where it abstains; the error of all together is that of the fit itself. A family that it never saw is told worse: that is why it abstains.",
    "It knows questions of knowledge, mathematics and short code of models from 2023 and 2024; it does not know repositories, long chats or tools.",
    "",
  ].join("\n");
}

async function main(isCheck: boolean): Promise<number> {
  const root = process.env.LODESTAR_TEST_DATA ?? join(ROOT, "../shared");
  const fit = fitDifficulty(await readDifficultyMaterial(join(root, "data/routing/train")));
  const card = cardOf(fit);
  if (!isCheck) {
    await Bun.write(WEIGHTS, fit.bytes);
    await Bun.write(CARD, card);
    process.stdout.write(`${WEIGHTS}: ${fit.bytes.length} bytes\n${CARD}\n`);
    return 0;
  }
  const same = Buffer.from(await Bun.file(WEIGHTS).bytes()).equals(fit.bytes) && (await Bun.file(CARD).text()) === card;
  process.stdout.write(
    same
      ? "the weights and the card are what the data give\n"
      : "the data give other weights: run bun scripts/train-difficulty.ts\n",
  );
  return same ? 0 : 1;
}

process.exit(await main(process.argv.includes("--check")));
