import { describe, expect, test } from "bun:test";
import { checkProjectFile, parseProjectFile } from "../../../src/config/project-file.ts";
import type { ProjectWish } from "../../../src/core/project.ts";
import { projectFileText, TEMPLATES } from "../../../src/features/projects/templates.ts";
import { loaded, makeSandbox } from "../../config/sandbox.ts";

const { settings } = loaded(makeSandbox().load());
const NAMES = TEMPLATES.map(({ name }) => name);

/** The first system's seven classes of tasks, which `auto` knows chains by. */
const TASKS = ["code_generation", "code_review", "bug_fix", "architecture", "documentation", "refactor", "general"];

function textOf(name: string): string {
  const template = TEMPLATES.find((one) => one.name === name);
  if (template === undefined) throw new Error(`no template ${name}`);
  return projectFileText(template, "sample");
}

function wishOf(name: string): ProjectWish {
  const parsed = parseProjectFile(textOf(name), ".lodestar.yaml");
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  expect(parsed.value.name).toBe("sample");
  expect(checkProjectFile(parsed.value, settings)).toEqual([]);
  return parsed.value.wish;
}

describe("a template", () => {
  test.each(NAMES)("%s is a valid project file for everybody, whatever providers they have", (name) => {
    const { chains, budgets, tag } = wishOf(name);
    expect(tag).toBe(name);
    expect(budgets.length).toBeGreaterThan(0);
    expect([...TASKS, "default"]).toEqual(expect.arrayContaining(Object.keys(chains)));
  });

  test.each(NAMES)("%s gives its reason on every line that says something", (name) => {
    const lines = textOf(name)
      .split("\n")
      .filter((line) => line !== "" && !/^(?:#|aliases:$|chains:$|budgets:$)/.test(line));
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(line).toMatch(/ # \S.{14,}/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(130);
  });

  test("really differs from every other: chains, budgets and cache or models", () => {
    const parts = NAMES.map((name) => {
      const { chains, budgets, cacheTtlMs, models } = wishOf(name);
      return { chains: JSON.stringify(chains), budgets: JSON.stringify(budgets), rest: `${cacheTtlMs} ${models}` };
    });
    expect(new Set(parts.map(({ chains }) => chains)).size).toBe(NAMES.length);
    expect(new Set(parts.map(({ budgets }) => budgets)).size).toBe(NAMES.length);
    expect(new Set(parts.map(({ rest }) => rest)).size).toBeGreaterThanOrEqual(4);
  });

  test("for data lets nothing leave this machine", () => {
    const { models, budgets } = wishOf("data");
    expect(models.every((pattern) => /^(?:ollama|lmstudio|llamacpp|vllm)\/\*$/.test(pattern))).toBe(true);
    expect(budgets).toMatchObject([{ limitNanoUsd: 0, over: "deny" }]);
  });
});
