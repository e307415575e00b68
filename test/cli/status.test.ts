import { describe, expect, test } from "bun:test";
import type { StatusView } from "../../src/core/admin-view.ts";
import type { ModelHealthView } from "../../src/core/health-view.ts";
import type { AttemptIntent, AttemptOutcome } from "../../src/core/ledger.ts";
import { displayWidth } from "../../src/terminal/width.ts";
import { NOON, type WorldOptions } from "../http/admin-world.ts";
import { type CliWorld, createCliWorlds } from "./harness.ts";

const makeWorld = createCliWorlds();
const KEYS = { DEEPSEEK_API_KEY: "sk-test-4711", OPENAI_API_KEY: "sk-test-4712" };

type Attempt = Partial<AttemptIntent> & Partial<AttemptOutcome>;

/** A world in which calls ended so many minutes ago. */
async function worldWith(
  calls: readonly (readonly [minutesAgo: number, call: Attempt])[],
  options: WorldOptions = {},
): Promise<CliWorld> {
  const world = makeWorld({ environment: KEYS, ...options });
  const settled = calls.map(([minutesAgo, call], index) => {
    const endedAt = NOON - minutesAgo * 60_000;
    return { requestId: `req_${index}`, startedAt: endedAt - 800, endedAt, firstTokenMs: 200, ...call };
  });
  await world.settle(...settled);
  return world;
}

const FAILED: Attempt = { state: "failed", fault: { kind: "timeout", message: "silent" }, firstTokenMs: null };
const REFUSED: Attempt = { state: "failed", fault: { kind: "model-not-found", message: "no such model", status: 404 } };
const LEFT: Attempt = { state: "aborted", fault: { kind: "client-left", message: "gone" } };
const OPENAI = { provider: "openai", model: "gpt-x" };

describe("status", () => {
  test("counts what the provider failed at, and neither what clients did wrong nor those that left", async () => {
    const world = await worldWith([
      [5, {}],
      [4, {}],
      [3, FAILED],
      [2, REFUSED],
      [1, LEFT],
    ]);
    const { out } = await world.run(["status", "--json"]);
    const view = JSON.parse(out) as StatusView;
    const deepseek = view.providers.find(({ id }) => id === "deepseek");
    expect(deepseek?.availability).toMatchObject({ attempts: 3, failed: 1, faults: { timeout: 1 } });
    expect(deepseek?.availability.ratio).toBeCloseTo(2 / 3);
    expect(deepseek?.availability.spans["1h"].cells.filter(({ attempts }) => attempts > 0).length).toBe(3);
  });

  test("shows strips, times and faults of every span that has data, and no data as that", async () => {
    const world = await worldWith([
      [2, {}],
      [3, FAILED],
      [300, {}],
      [60 * 24 * 40, {}],
      [1, { ...OPENAI }],
    ]);
    const { out } = await world.run(["status"]);
    expect(out).toMatch(/deepseek +1 h +50\.0 % of 2 +·+[▂█✗]+·* +\d+ ms \/ \d+ ms +\d+ ms \/ \d+ ms +timeout 1\n/);
    expect(out).toMatch(/\n +24 h +66\.6 % of 3 /);
    expect(out).toMatch(/\n +90 d +75\.0 % of 4 /);
    expect(out).toMatch(/ollama +ready +no data/);
    expect(out).toContain("· not asked");
  });

  test("shows each paid probe, why it is not sent, and what the day has cost; nothing where nobody asked for any", async () => {
    const asked = { model: "openai/gpt-x", at: NOON - 90_000, tookMs: 412, costNanoUsd: 900, error: null };
    const refused = {
      model: "lab/m",
      at: null,
      tookMs: null,
      costNanoUsd: null,
      error: "not asked: no price is known",
    };
    const paidProbes = { everyMs: 3_600_000, capNanoUsd: 50_000_000, spentNanoUsd: 21_600, models: [asked, refused] };
    const { out } = await (await worldWith([], { paidProbes })).run(["status"]);
    expect(out).toMatch(/openai\/gpt-x +1 min 30 s ago +412 ms +\$0\.0000009\n/);
    expect(out).toMatch(/lab\/m +not yet +not asked: no price is known\n/);
    expect(out).toContain("every 1 h where nobody else was answered; $0.0000216 of $0.05 today\n");
    expect((await (await worldWith([])).run(["status"])).out).not.toContain("paid probe");
    const stopped = await worldWith([], { paidProbes, isRunning: false });
    expect(JSON.parse((await stopped.run(["status", "--json"])).out)).toMatchObject({ paidProbes: null });
  });

  test("never rounds up to all: one failure in ten thousand is seen", async () => {
    const calls = Array.from({ length: 2_000 }, (_, index): readonly [number, Attempt] => [
      5,
      index === 0 ? FAILED : {},
    ]);
    const { out } = await (await worldWith(calls)).run(["status"]);
    expect(out).toContain("99.9 % of 2,000");
  });

  test("says who is left out, for how long and why", async () => {
    const health = [
      {
        provider: "deepseek",
        account: "default",
        state: "open" as const,
        lastError: "connect: refused",
        coolingUntil: NOON + 42_000,
        coolingReason: "connect: refused",
        models: [{ model: "deepseek-v4-flash", untilMs: NOON + 5_000, reason: "upstream-error: 500" }],
      },
    ];
    const world = await worldWith([], { health });
    const { out } = await world.run(["status"]);
    expect(out).toContain("deepseek is left out for another 42.0 s: connect: refused");
    expect(out).toContain("deepseek/deepseek-v4-flash is left out for another 5.0 s: upstream-error: 500");
    const view = JSON.parse((await world.run(["status", "--json"])).out) as StatusView;
    expect(view.providers.find(({ id }) => id === "deepseek")?.accounts).toMatchObject([
      { coolingReason: "connect: refused" },
    ]);
  });

  test("with --models has a line for every model, and in JSON their spans", async () => {
    const world = await worldWith([
      [2, {}],
      [1, { ...OPENAI }],
      [1, { ...OPENAI, ...FAILED }],
    ]);
    const { out } = await world.run(["status", "--models"]);
    expect(out).toMatch(/deepseek\/deepseek-v4-flash +1 h +100 % of 1/);
    expect(out).toMatch(/openai\/gpt-x +1 h +50\.0 % of 2/);
    const { models } = JSON.parse((await world.run(["status", "--models", "--json"])).out) as {
      models: ModelHealthView[];
    };
    expect(models.map(({ provider, model, spans }) => [provider, model, spans["90d"].attempts])).toEqual([
      ["deepseek", "deepseek-v4-flash", 1],
      ["openai", "gpt-x", 2],
    ]);
    const none = await (await worldWith([])).run(["status", "--models"]);
    expect(none.out).toContain("no model was asked within 90 days");
  });

  test("keeps to ASCII where the locale does, and shows no control characters of an upstream", async () => {
    const health = [
      {
        provider: "deepseek",
        account: "default",
        state: "closed" as const,
        lastError: null,
        coolingUntil: NOON + 1,
        coolingReason: "auth: \u001b[2Jbad",
      },
    ];
    const world = await worldWith([[2, {}]], { health });
    const { out } = await world.run(["status"], { environment: { LC_ALL: "C" } });
    expect(out).toMatch(/[.]+#[.]*/);
    expect(out).not.toMatch(/[█·✗]/);
    expect(out).not.toContain("\u001b");
  });

  test("shows the history without a daemon, and ends with 7", async () => {
    const world = await worldWith(
      [
        [2, {}],
        [3, FAILED],
      ],
      { isRunning: false },
    );
    const { out, code } = await world.run(["status"]);
    expect(out).toMatch(/deepseek +1 h +50\.0 % of 2/);
    expect(code).toBe(7);
  });

  test("fits a narrow terminal: names and strips stay, figures give way", async () => {
    const world = await worldWith([
      [2, {}],
      [3, FAILED],
    ]);
    const { out } = await world.run(["status"], { isTTY: true, columns: 60 });
    const table = out.slice(out.indexOf("availability"));
    expect(table).not.toContain("first token");
    for (const line of out.slice(out.lastIndexOf("provider  ")).split("\n").slice(0, 4))
      expect(displayWidth(line)).toBeLessThanOrEqual(60);
  });

  test("--watch --json is a line with each reading, until it is told to end", async () => {
    const world = await worldWith([[2, {}]]);
    const ending = Promise.withResolvers<void>();
    const lines: string[] = [];
    const watching = world.run(["status", "--watch", "--json"], {
      onOut: (text) => {
        lines.push(text);
        if (lines.length === 3) ending.resolve();
      },
      onStart: (send) => void ending.promise.then(() => send("SIGINT")),
    });
    const { code } = await watching;
    expect(lines.slice(0, 3).map((line) => (JSON.parse(line) as StatusView).daemon.running)).toEqual([
      true,
      true,
      true,
    ]);
    expect([0, 130]).toContain(code);
  }, 60_000);
});
