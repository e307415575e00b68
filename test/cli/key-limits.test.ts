import { describe, expect, test } from "bun:test";
import type { KeyView } from "../../src/core/admin-view.ts";
import { type CliWorld, createCliWorlds, run } from "./harness.ts";

const makeWorld = createCliWorlds();

function open(isRunning = true): CliWorld {
  return makeWorld({ isRunning });
}

async function limitsOf(world: CliWorld, name: string): Promise<KeyView["limits"] | undefined> {
  const { keys } = JSON.parse((await world.run(["keys", "list", "--json"])).out) as { keys: readonly KeyView[] };
  return keys.find((key) => key.name === name)?.limits;
}

describe("limits of a key", () => {
  test.each([true, false])(
    "are given when it is made, listed, and changed one by one (daemon: %p)",
    async (isRunning) => {
      const world = open(isRunning);
      const flags = "--budget 2.50/day --over deny --rpm 60 --burst 10 --concurrent 4 --tpm 100000".split(" ");
      const made = await world.run(["keys", "create", "intern", ...flags]);
      expect(made.code).toBe(0);
      expect(made.err).toContain("$2.5/day (deny), 60 requests/min (10 at once), 100,000 tokens/min, 4 in flight");
      const budget = { limitNanoUsd: 2_500_000_000, period: "day", over: "deny" } as const;
      const first = { budget, requestsPerMinute: 60, burst: 10, tokensPerMinute: 100_000, concurrent: 4 };
      expect(await limitsOf(world, "intern")).toEqual(first);
      const changed = await world.run(["keys", "limit", "intern", "--tpm", "none", "--concurrent", "8"]);
      expect(changed.out).toBe("intern may use $2.5/day (deny), 60 requests/min (10 at once), 8 in flight\n");
      expect(await limitsOf(world, "intern")).toEqual({ ...first, tokensPerMinute: null, concurrent: 8 });
      const freed = await world.run([
        "keys",
        "limit",
        "intern",
        "--budget",
        "none",
        "--rpm",
        "none",
        "--concurrent",
        "none",
      ]);
      expect(freed.out).toBe("intern may use as much as it likes\n");
      expect((await world.run(["keys"])).out).not.toContain("requests/min");
    },
  );

  test("keep the budget's policy where only its amount is changed", async () => {
    const world = open();
    await world.run(["keys", "create", "intern", "--budget", "5/day", "--over", "deny"]);
    const changed = await world.run(["keys", "limit", "intern", "--budget", "9/day"]);
    expect(changed.out).toBe("intern may use $9/day (deny)\n");
    await world.run(["keys", "limit", "intern", "--budget", "none"]);
    expect((await world.run(["keys", "limit", "intern", "--budget", "9/day"])).out).toContain("(degrade)");
  });

  test("stay as they are where a key is made without them", async () => {
    const world = open();
    await world.run(["keys", "create", "plain"]);
    expect(await limitsOf(world, "plain")).toEqual({
      budget: null,
      requestsPerMinute: null,
      burst: null,
      tokensPerMinute: null,
      concurrent: null,
    });
  });

  test.each([
    [["--budget", "5"], "--budget must be USD and a period, such as 5/day"],
    [["--budget", "-5/day"], "--budget must be USD and a period"],
    [["--over", "deny"], "--over goes with --budget"],
    [["--budget", "5/day", "--over", "refuse"], "must be one of warn, degrade, deny"],
    [["--rpm", "0"], "--rpm must be a whole number from 1, or none"],
    [["--tpm", "many"], "--tpm must be a whole number from 1, or none"],
    [[], "no limit is named"],
  ])("%j are no limits, and it says why", async (flags, words) => {
    const { code, err } = await run(["keys", "limit", "me", ...flags]);
    expect([code, err]).toEqual([2, expect.stringContaining(words)]);
  });

  test("need a key that lives, and a rate where a burst is named", async () => {
    const world = open();
    expect((await world.run(["keys", "limit", "nobody", "--rpm", "1"])).err).toContain('no live key "nobody"');
    const made = await world.run(["keys", "create", "me", "--burst", "10"]);
    expect([made.code, made.err]).toEqual([1, expect.stringContaining("requestsPerMinute")]);
  });
});
