import { describe, expect, test } from "bun:test";
import { TASK_CLASSES } from "../../../src/core/routing/task-class.ts";
import { suiteOf } from "../../../src/features/tournament/suites.ts";

describe("the prompts that come with Lodestar", () => {
  test.each(TASK_CLASSES.map((name) => [name]))("%s: at least twenty, each of its class and once", (name) => {
    const prompts = suiteOf(name);
    expect(prompts.length).toBeGreaterThanOrEqual(20);
    expect(new Set(prompts.map(({ taskClass }) => taskClass))).toEqual(new Set([name]));
    expect(new Set(prompts.map(({ id }) => id)).size).toBe(prompts.length);
  });

  test.each([["code_generation"], ["bug_fix"], ["refactor"]] as const)("%s is checked by running code", (name) => {
    expect(suiteOf(name).map(({ check }) => check?.kind)).toEqual(suiteOf(name).map(() => "code"));
  });

  test("no two classes share a prompt", () => {
    const ids = TASK_CLASSES.flatMap((name) => suiteOf(name).map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
