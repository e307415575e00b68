import { describe, expect, test } from "bun:test";
import { NOON } from "../http/admin-world.ts";
import { type CliWorld, createCliWorlds } from "./harness.ts";

const makeWorld = createCliWorlds();

const FAULT = { kind: "rate-limited", message: "slow down" } as const;

/** Two sessions: one answered after a failure, the other failing still; and one attempt of yesterday. */
async function open(isRunning = true): Promise<CliWorld> {
  const world = makeWorld({ isRunning });
  await world.settle(
    {
      requestId: "req_0",
      session: "old",
      startedAt: NOON - 30 * 3_600_000,
      endedAt: NOON - 30 * 3_600_000 + 1,
      costNanoUsd: 7,
    },
    { requestId: "req_1", session: "first", state: "failed", fault: FAULT, costNanoUsd: 0 },
    {
      requestId: "req_1",
      attempt: 2,
      session: "first",
      routeReason: "chain:duo#2",
      costNanoUsd: 42_000_000,
      startedAt: NOON + 1,
    },
    { requestId: "req_2", session: "second", state: "failed", fault: FAULT, costNanoUsd: null, startedAt: NOON + 2 },
  );
  return world;
}

describe("lodestar statusline", () => {
  test.each<[string, string[], string]>([
    [
      "one session",
      ["--session", "first"],
      "↑300 ↓40  $0.042  deepseek/deepseek-v4-flash  (chain:duo#2)  saved $0.000002\n",
    ],
    ["a session that fails", ["--session", "second"], "↑150 ↓20  1 unpriced  saved $0.000001  ! rate-limited\n"],
    ["an unknown session", ["--session", "nobody"], "↑0 ↓0  $0\n"],
    [
      "today without a session, for starship",
      ["--format", "starship"],
      "↑450 ↓60  $0.042 + 1 unpriced  deepseek/deepseek-v4-flash  (chain:duo#2)  saved $0.000003  ! rate-limited\n",
    ],
    [
      "tmux, whose styles start with a hash",
      ["--format", "tmux", "--session", "first"],
      "↑300 ↓40  $0.042  deepseek/deepseek-v4-flash  (chain:duo##2)  saved $0.000002\n",
    ],
  ])("shows %s", async (_what, words, line) => {
    for (const isRunning of [true, false]) {
      const world = await open(isRunning);
      const { code, out, err } = await world.run(["statusline", ...words]);
      expect([code, out, err]).toEqual([0, line, ""]);
    }
  });

  test("takes the session from what Claude Code sends, and colours the cost where colours are wanted", async () => {
    const world = await open();
    const stdin = JSON.stringify({ session_id: "first", model: { id: "claude-opus-5", display_name: "Opus 5" } });
    const plain = await world.run(["statusline", "--format", "claude"], { stdin });
    expect(plain.out).toBe("↑300 ↓40  $0.042  deepseek/deepseek-v4-flash  (chain:duo#2)  saved $0.000002\n");
    const coloured = await world.run(["statusline", "--format", "claude"], { stdin, environment: { NO_COLOR: "" } });
    expect(coloured.out).toContain("\u001b[32m$0.042\u001b[39m");
  });

  test.each(["", "{}", "not JSON", '{"session_id":5}', '{"session_id":""}'])(
    "%j on standard input holds no session",
    async (stdin) => {
      const world = await open();
      const { code, out, err } = await world.run(["statusline", "--format", "claude"], { stdin });
      expect([code, out]).toEqual([2, ""]);
      expect(err).toContain("no_session");
    },
  );

  test("a session given by name needs nothing on standard input", async () => {
    const world = await open();
    const { code, out } = await world.run(["statusline", "--format", "claude", "--session", "first"]);
    expect([code, out.startsWith("↑300")]).toEqual([0, true]);
  });

  test.each([true, false])(
    "tells what is left of the tightest budget that counts the newest attempt",
    async (isRunning) => {
      const state = (id: string, scope: "global" | "key" | "project", name: string | null, limitNanoUsd: number) => ({
        budget: {
          ...{ id, scope, name, period: "day" as const, limitNanoUsd, warnAt: [], over: "deny" as const },
          ...{ isUnpricedAllowed: false, origin: "file" as const },
        },
        ...{ name, spentNanoUsd: 50_000_000, reservedNanoUsd: 1_000_000, from: 0, resetsAt: null },
      });
      const budgets = [state("day", "global", null, 100_000_000), state("day:project:x", "project", "x", 60_000_000)];
      const world = makeWorld({ isRunning, budgets });
      expect((await world.run(["statusline"])).out).toBe("↑0 ↓0  $0  $0.049 left\n");
      await world.settle({ requestId: "req_1", project: "y", session: "s", costNanoUsd: 50_000_000 });
      expect((await world.run(["statusline", "--session", "s"])).out).toContain("$0.05  $0.049 left  deepseek");
      await world.settle({ requestId: "req_2", project: "x", session: "s", costNanoUsd: 0, startedAt: NOON + 1 });
      const { out } = await world.run(["statusline", "--session", "s", "--json"]);
      const left = { id: "day:project:x", leftNanoUsd: 9_000_000, limitNanoUsd: 60_000_000 };
      expect(JSON.parse(out)).toMatchObject({ budget: left });
    },
  );

  test("as JSON has the exact sums", async () => {
    const world = await open();
    const { out } = await world.run(["statusline", "--session", "first", "--json"]);
    expect(JSON.parse(out)).toEqual({
      session: "first",
      requests: 1,
      inputTokens: 300,
      outputTokens: 40,
      costNanoUsd: 42_000_000,
      savedNanoUsd: 2_000,
      unpriced: 0,
      budget: null,
      last: { model: "deepseek/deepseek-v4-flash", route: "chain:duo#2" },
      trouble: null,
    });
  });

  test("a wrong credential is a problem with a fix, not a line", async () => {
    const world = await open();
    const { code, out } = await world.run(["statusline"], { environment: { LODESTAR_ADMIN_TOKEN: "wrong" } });
    expect([code, out]).toEqual([4, ""]);
  });
});
