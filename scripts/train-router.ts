/**
 * Trains the task classifier and writes its weights and the model card. The same data give the same bytes.
 *
 *   bun scripts/train-router.ts            writes config/router/weights/classifier.bin and docs/model-card.md
 *   bun scripts/train-router.ts --check    trains and compares, writes nothing, fails where anything differs
 *
 * Data: the prompts and the grammar below config/router, and `<root>/data/routing/train`, where the root is
 * LODESTAR_TEST_DATA or `../shared`.
 */
import { join } from "node:path";
import { modelCard } from "./train-router/card.ts";
import { fit, pack } from "./train-router/fit.ts";
import { readMaterial, shippedExamples } from "./train-router/material.ts";
import { measure } from "./train-router/measure.ts";

const ROOT = join(import.meta.dir, "..");
const WEIGHTS = join(ROOT, "config/router/weights/classifier.bin");
const CARD = join(ROOT, "docs/model-card.md");

async function main(isCheck: boolean): Promise<number> {
  const material = await readMaterial(
    ROOT,
    join(process.env.LODESTAR_TEST_DATA ?? join(ROOT, "../shared"), "data/routing/train"),
  );
  const report = measure(material);
  const bytes = pack(fit(shippedExamples(material)), report.calibration);
  const card = modelCard(material, report, bytes.length);
  if (!isCheck) {
    await Bun.write(WEIGHTS, bytes);
    await Bun.write(CARD, card);
    process.stdout.write(`${WEIGHTS}: ${bytes.length} bytes\n${CARD}\n`);
    return 0;
  }
  const same = Buffer.from(await Bun.file(WEIGHTS).bytes()).equals(bytes) && (await Bun.file(CARD).text()) === card;
  process.stdout.write(
    same
      ? "the weights and the model card are what the data give\n"
      : "the data give other weights or figures: run bun scripts/train-router.ts\n",
  );
  return same ? 0 : 1;
}

process.exit(await main(process.argv.includes("--check")));
