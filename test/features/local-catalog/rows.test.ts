import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Blueprint, shapeOfBlueprint } from "../../../src/core/memory-plan/blueprint.ts";
import { placeModel } from "../../../src/core/memory-plan/memory-plan.ts";
import { PLAIN_RUN } from "../../../src/core/memory-plan/size.ts";
import { infillFamilyOf } from "../../../src/dialects/completions/infill.ts";
import { CATALOGUE, LOCAL_TASKS } from "../../../src/features/local-catalog/catalogue.ts";
import { readModelFile } from "../../../src/features/local-catalog/gguf-file.ts";
import { CATALOGUE_NAMES, catalogRows, catalogShape, PLAN_CONTEXTS } from "../../../src/features/local-catalog/rows.ts";

const MIB = 1024 * 1024;
const FACTS = { isInstalled: (name: string) => name === "llama3.2:3b", infillOf: () => null };
const ALL = { vramBytes: 4_096 * MIB, isFitting: false, task: null };

/** What Ollama's library shows that a download takes, in GB of 10^9. */
const PUBLISHED_GB: Readonly<Record<string, number>> = {
  "qwen2.5-coder:0.5b": 0.398,
  "qwen2.5-coder:1.5b": 0.986,
  "qwen2.5-coder:3b": 1.9,
  "qwen2.5-coder:7b": 4.7,
  "qwen3:0.6b": 0.523,
  "qwen3:1.7b": 1.4,
  "qwen3:4b": 2.5,
  "deepseek-coder:1.3b": 0.776,
  "deepseek-coder:6.7b": 3.8,
  "codellama:7b": 3.8,
  "mistral:7b": 4.4,
  "llama3.2:1b": 1.3,
  "llama3.2:3b": 2.0,
  "llama3.1:8b": 4.9,
  "gemma3:270m": 0.292,
  "gemma3:1b": 0.815,
  "gemma3:4b": 3.3,
  "gemma2:2b": 1.6,
  "codegemma:2b": 1.6,
};

describe("the catalogue", () => {
  const rows = catalogRows(ALL, FACTS);

  test.each(Object.entries(PUBLISHED_GB))("reckons the download of %s as published, within 5 %%", (name, gigabytes) => {
    const bytes = rows.find((row) => row.name === name)?.downloadBytes ?? 0;
    expect(Math.abs(bytes / (gigabytes * 1e9) - 1)).toBeLessThan(0.05);
  });

  test("has every family that was asked for, each name once", () => {
    expect(new Set(CATALOGUE_NAMES).size).toBe(CATALOGUE_NAMES.length);
    const families = new Set(CATALOGUE.map(({ family }) => family));
    for (const family of ["Mistral", "Qwen2.5-Coder", "CodeLlama", "DeepSeek-Coder", "Llama 3", "Gemma 3"]) {
      expect(families).toContain(family);
    }
    expect(Object.keys(PUBLISHED_GB).sort()).toEqual([...CATALOGUE_NAMES].sort());
  });

  test("calls good for completion exactly what can be asked to fill in the middle", () => {
    for (const { name, tasks } of CATALOGUE) {
      expect([name, tasks.includes("complete")]).toEqual([name, infillFamilyOf(name) !== null]);
    }
  });

  test("says that a model fits at a context exactly where the plan puts it wholly on the card, and no higher", () => {
    for (const { name, fitsAtContext } of rows) {
      const shape = catalogShape(name);
      if (shape === null) throw new Error(name);
      const fits = (contextTokens: number) =>
        placeModel({ name, shape }, 4_096 * MIB, { ...PLAIN_RUN, contextTokens }).fits === "whole";
      if (fitsAtContext === null) expect(fits(4_096)).toBe(false);
      else {
        expect(fits(fitsAtContext)).toBe(true);
        const next = PLAN_CONTEXTS.find((context) => context > fitsAtContext);
        const isModelsOwn = fitsAtContext === shape.contextTokens;
        if (next !== undefined && !isModelsOwn) expect([name, fits(next)]).toEqual([name, false]);
      }
    }
  });

  test("holds models of 7B and more to be too large for 4 GB, and those up to 3B to fit", () => {
    const fits = (name: string) => rows.find((row) => row.name === name)?.fitsAtContext ?? null;
    expect(["mistral:7b", "codellama:7b", "qwen2.5-coder:7b", "llama3.1:8b"].map(fits)).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(["qwen2.5-coder:1.5b", "qwen2.5-coder:3b", "llama3.2:3b"].map(fits)).not.toContain(null);
  });

  test("is narrowed to a task, and to what fits", () => {
    for (const task of LOCAL_TASKS) expect(catalogRows({ ...ALL, task }, FACTS).length).toBeGreaterThan(0);
    const fitting = catalogRows({ ...ALL, isFitting: true, task: "code" }, FACTS).map(({ name }) => name);
    expect(fitting).toContain("qwen2.5-coder:3b");
    expect(fitting).not.toContain("codellama:7b");
    expect(catalogRows({ ...ALL, vramBytes: null }, FACTS).every(({ fitsAtContext }) => fitsAtContext === null)).toBe(
      true,
    );
  });

  test("tells what is installed, and the shape of none that it does not have", () => {
    expect(rows.filter(({ isInstalled }) => isInstalled).map(({ name }) => name)).toEqual(["llama3.2:3b"]);
    expect(catalogShape("nothing:1b")).toBeNull();
  });
});

const GEMMA = join(
  process.env.LODESTAR_TEST_ENGINES ?? join(homedir(), ".cache", "lodestar-engines"),
  "ollama/gguf/gemma3-270m-q4_k_m.gguf",
);

test.skipIf(!existsSync(GEMMA))(
  "a blueprint has, layer by layer, the very bytes of the real file (skipped: no engines)",
  async () => {
    const read = await readModelFile(GEMMA, "gemma");
    const own = CATALOGUE.find(({ name }) => name === "gemma3:270m");
    if (!read.ok || own === undefined) throw new Error("no gemma");
    const blueprint: Blueprint = { ...own.blueprint, quantization: "Q4_K_M" };
    const { shape } = read.value;
    expect(shapeOfBlueprint(blueprint).layers).toEqual([...shape.layers]);
    expect(shapeOfBlueprint(blueprint)).toMatchObject({ inputBytes: shape.inputBytes, outputBytes: shape.outputBytes });
  },
);
