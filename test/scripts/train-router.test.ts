import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fit, pack } from "../../scripts/train-router/fit.ts";
import { parseGrammar, speakPrompts } from "../../scripts/train-router/grammar.ts";
import { readMaterial, shippedExamples } from "../../scripts/train-router/material.ts";
import { exampleOf, readOwnPrompts } from "../../scripts/train-router/sources.ts";
import { createClassifier } from "../../src/core/routing/classifier.ts";
import { decodeWeights } from "../../src/core/routing/classifier-weights.ts";
import { TASK_CLASSES } from "../../src/core/routing/task-class.ts";
import { readClassifierWeights } from "../../src/host/router/weights.ts";

const ROOT = join(import.meta.dir, "../..");
const PUBLISHED = join(process.env.LODESTAR_TEST_DATA ?? join(ROOT, "../shared"), "data/routing/train");
const own = await readOwnPrompts(join(ROOT, "config/router/prompts"));
const grammar = parseGrammar(await Bun.file(join(ROOT, "config/router/grammar.txt")).text());

describe("the labelled prompts", () => {
  test.each([...TASK_CLASSES])("hold at least 200 of %s, in all three splits", (taskClass) => {
    const prompts = own.filter((example) => example.taskClass === taskClass);
    expect(prompts.length).toBeGreaterThanOrEqual(200);
    expect(new Set(prompts.map(({ split }) => split)).size).toBe(3);
  });

  test("are split by style: no style stands in two splits", () => {
    const splits = new Map<string, Set<string>>();
    for (const { style, split } of own) splits.set(style, (splits.get(style) ?? new Set()).add(split));
    expect([...splits].filter(([, of]) => of.size > 1)).toEqual([]);
  });

  test("are all different", () => {
    expect(new Set(own.map(({ text }) => text.toLowerCase())).size).toBe(own.length);
  });
});

describe("the grammar", () => {
  test("has ways to ask for every class, and for every thing that a slot names", () => {
    const sections = [
      ...TASK_CLASSES.map((name) => `ask ${name}`),
      "object",
      "new",
      "error",
      "context",
      "opener",
      "closer",
    ];
    for (const section of sections) expect(grammar.get(section)?.length ?? 0).toBeGreaterThan(10);
  });

  test("speaks the same prompts from the same seed, with every slot filled", () => {
    const spoken = speakPrompts(grammar, own, { perClass: 50, seed: 3 });
    expect(speakPrompts(grammar, own, { perClass: 50, seed: 3 })).toEqual(spoken);
    expect(speakPrompts(grammar, own, { perClass: 50, seed: 4 })).not.toEqual(spoken);
    expect(spoken).toHaveLength(350);
    expect(spoken.filter(({ text }) => /\{[one]\}|undefined/u.test(text) || text === "")).toEqual([]);
  });

  test("comments and empty lines are no ways to ask", () => {
    expect([...parseGrammar("# a\n[x]\none\n\n# b\ntwo\n[y]\n")]).toEqual([
      ["x", ["one", "two"]],
      ["y", []],
    ]);
  });
});

describe("training", () => {
  const examples = TASK_CLASSES.flatMap((name, place) =>
    Array.from({ length: 6 }, (_, index) => exampleOf(`marker${place} says ${index % 2} things`, name, "own")),
  );

  test("the same examples give the same bytes, which tell the classes apart", () => {
    const bytes = pack(fit(examples));
    expect(Buffer.from(pack(fit(examples))).equals(Buffer.from(bytes))).toBeTrue();
    const classifier = createClassifier(bytes);
    for (const [place, name] of TASK_CLASSES.entries())
      expect(classifier.classify(`marker${place} says 1 things`).taskClass).toBe(name);
  });

  test.skipIf(!existsSync(PUBLISHED))(
    "the weights that ship are what the data give, byte by byte (needs the published routing data)",
    async () => {
      const shipped = readClassifierWeights();
      const [task, domain] = decodeWeights(shipped).heads;
      const calibration = {
        task: task?.temperature ?? 0,
        domain: domain?.temperature ?? 0,
        abstainBelow: task?.abstainBelow ?? 0,
      };
      const bytes = pack(fit(shippedExamples(await readMaterial(ROOT, PUBLISHED))), calibration);
      expect(Buffer.from(bytes).equals(shipped)).toBeTrue();
    },
    120_000,
  );
});
