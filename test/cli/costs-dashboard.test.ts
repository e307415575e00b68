import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import picocolors from "picocolors";
import { type DashboardState, firstState, GROUPS, pressKey, readFilter } from "../../src/cli/costs/dashboard-state.ts";
import type { DashboardData } from "../../src/cli/costs/dashboard-summary.ts";
import { dashboardLines, renderDashboard } from "../../src/cli/costs/dashboard-view.ts";
import { backend } from "../../src/compose.ts";
import type { BudgetView } from "../../src/core/admin-view.ts";
import { savingsOf } from "../../src/core/savings.ts";
import { NO_TOTALS } from "../../src/core/totals.ts";
import { type Key, readKeys } from "../../src/terminal/keys.ts";
import { displayWidth } from "../../src/terminal/width.ts";
import { createInputs } from "../compose/inputs.ts";
import { type Emulator, openEmulator } from "../features/counter/emulator.ts";
import { intentOf, NOON, outcomeOf } from "../stores/attempts.ts";
import { chatReply } from "../support/chat-chunks.ts";
import { eventually } from "../support/eventually.ts";
import { createWorld } from "../support/world.ts";
import { type CliWorld, makeCliWorld } from "./harness.ts";

const plain = picocolors.createColors(false);

const START = firstState({ period: "month", by: "model" });

const BUDGET: BudgetView = {
  id: "month",
  scope: "global",
  period: "month",
  limitNanoUsd: 30_000_000_000,
  over: "degrade",
  warnAt: [80],
  origin: "file",
  name: null,
  spentNanoUsd: 21_000_000_000,
  reservedNanoUsd: 3_000_000_000,
  leftNanoUsd: 6_000_000_000,
  from: NOON,
  resetsAt: NOON,
  unpriced: "deny",
};

function dataOf(more: Partial<DashboardData> = {}): DashboardData {
  const groups = [
    {
      ...NO_TOTALS,
      name: "openai/gpt-5.4",
      requests: 3,
      attempts: 4,
      failed: 1,
      costNanoUsd: 9_000_000_000,
      inputTokens: 10,
    },
    {
      ...NO_TOTALS,
      name: "ollama/漢字漢字漢字-coder",
      requests: 40,
      attempts: 40,
      inputTokens: 90_000,
      cacheReadTokens: 45_000,
    },
  ];
  const totals = {
    ...NO_TOTALS,
    requests: 43,
    attempts: 44,
    failed: 1,
    costNanoUsd: 9_000_000_000,
    failedNanoUsd: 500_000_000,
    savedNanoUsd: 2_000_000_000,
    savedRoutingNanoUsd: 2_000_000_000,
    inputTokens: 90_010,
    cacheReadTokens: 45_005,
  };
  const last = { ...intentOf(), ...outcomeOf(), costNanoUsd: 1_000_000 };
  const request = (requestId: string) => ({ requestId, startedAt: NOON, attempts: 1, costNanoUsd: 1_000_000, last });
  return {
    costs: {
      period: "month",
      timeZone: "UTC",
      from: NOON,
      to: null,
      by: "model",
      totals,
      savings: savingsOf(totals, "anthropic/claude-sonnet-5"),
      groups,
    },
    trend: { unit: "day", values: [0, 1, 2, 3, 4] },
    budgets: [BUDGET],
    requests: [request("req_1"), request("req_2")],
    detail: null,
    problem: null,
    readAt: NOON,
    ...more,
  };
}

const look = (columns: number, rows: number) => ({ size: { columns, rows }, style: plain, now: NOON });

function press(state: DashboardState, text: string, data = dataOf()): DashboardState | null {
  let now: DashboardState | null = state;
  for (const key of readKeys(text)) {
    if (now === null) return null;
    now = pressKey(now, key, dashboardLines(now, data, look(100, 30)));
  }
  return now;
}

describe("the screen", () => {
  test("has everything at a glance on a wide terminal", () => {
    expect(
      renderDashboard(START, dataOf(), look(100, 26))
        .map((line) => line.trimEnd())
        .join("\n"),
    ).toMatchInlineSnapshot(`
      "costs month · by model · cost ● 12:00:00
      $9.00 for 43 requests   ▂▄▆█ by day
      tokens ↑90,010 ↓0  cache 50.0 % █████░░░░░  1 failed
      saved $1.50 net against anthropic/claude-sonnet-5 (quality: unmeasured)
            free tier $0 · routing $2.00 · cache $0 · failed -$0.50
      budget month ████████████████░░░░ 80 % of $30.00, $3.00 reserved

        model                      requests  failed   input  cached  output   cost    share
      › openai/gpt-5.4                    3       1      10       0       0  $9.00  100.0 %
        ollama/漢字漢字漢字-coder        40       0  90,000  45,000       0     $0    0.0 %

        time      request  model                       state   in  out    cost
        12:00:00  req_1    deepseek/deepseek-v4-flash  final  150   20  $0.001
        12:00:00  req_2    deepseek/deepseek-v4-flash  final  150   20  $0.001











      t/w/m/a period  g group  s order  / filter  enter into  esc back  ? help  q quit"
    `);
  });

  test("keeps the figures on one of 40 columns", () => {
    expect(
      renderDashboard(START, dataOf(), look(40, 20))
        .map((line) => line.trimEnd())
        .join("\n"),
    ).toMatchInlineSnapshot(`
      "costs month · by model · cost ● 12:00:00
      $9.00 for 43 requests
       ▂▄▆█ by day
      tokens ↑90,010 ↓0
        cache 50.0 % ██▌░░  1 failed
      saved $1.50 net, quality: unmeasured
        against anthropic/claude-sonnet-5
        free tier $0 · routing $2.00
        cache $0 · failed -$0.50
      budget month ██████▍░ 80 % of $30.00, $3.00 reserved

        model                      req   cost
      › openai/gpt-5.4               3  $9.00
        ollama/漢字漢字漢字-coder   40     $0





      ? help  q quit"
    `);
  });

  test("is never more lines than rows, has no control characters, and its tables fit", () => {
    const view = fc.constantFrom("groups", "requests", "request") as fc.Arbitrary<DashboardState["view"]>;
    const state = fc.record({
      view,
      selected: fc.nat(50),
      isHelp: fc.boolean(),
      filter: fc.constantFrom("", "gpt", "none\u001b"),
    });
    fc.assert(
      fc.property(state, fc.integer({ min: 40, max: 200 }), fc.integer({ min: 8, max: 60 }), (more, columns, rows) => {
        const lines = renderDashboard({ ...START, group: "x", requestId: "y", ...more }, dataOf(), look(columns, rows));
        expect(lines.length).toBeLessThanOrEqual(rows);
        expect(lines.join("").includes("\u001b")).toBe(false);
        expect(
          lines.filter((line) => /gpt-5.4|-coder|req_/.test(line)).every((line) => displayWidth(line) <= columns),
        ).toBe(true);
      }),
    );
  });

  test("marks a budget that is used up, and says when its numbers are old", () => {
    const used = { ...BUDGET, spentNanoUsd: 31_000_000_000, id: "day:project:*", name: "web" };
    const lines = renderDashboard(START, dataOf({ budgets: [used], problem: "no daemon runs" }), look(100, 30)).join(
      "\n",
    );
    expect(lines).toContain("budget day:project:* web ████████████████████ 113 % of $30.00, $3.00 reserved");
    expect(lines).toContain("no daemon runs");
  });
});

describe("a key", () => {
  test.each([
    ["t", { period: "today" }],
    ["w", { period: "week" }],
    ["a", { period: "all" }],
    ["2", { by: "provider" }],
    ["g", { by: "provider" }],
    ["s", { order: "requests" }],
    ["?", { isHelp: true }],
    ["?x", { isHelp: false, period: "month" }],
    ["/gpt\r", { filter: "gpt", typing: null }],
    ["/ab\u007fc", { typing: "ac" }],
    ["/gpt\u001b", { filter: "", typing: null }],
    ["\u001b[B", { selected: 1 }],
    ["\u001b[B\u001b[B\u001b[A\u001b[A\u001b[A", { selected: 0 }],
    ["\r", { view: "requests", group: "openai/gpt-5.4" }],
    ["\u001b[B\r", { view: "requests", group: "ollama/漢字漢字漢字-coder" }],
    ["s\r", { group: "ollama/漢字漢字漢字-coder" }],
    ["\r\u001b[B\r", { view: "request", requestId: "req_2" }],
    ["\r\r\u001b\u001b", { view: "groups", group: null, requestId: null }],
    ["/nothing\r\r", { view: "groups", group: null }],
    ["~", {}],
  ] as const)("sequence %j leads to %j", (text, expected) => {
    expect(press(START, text)).toMatchObject(expected);
  });

  test.each(["q", "\u0003", "\rq", "/abc\u0003", "?\u0003"])("sequence %j ends it", (text) => {
    expect(press(START, text)).toBeNull();
  });

  test("never breaks the state, whatever comes", () => {
    const names: readonly Key[] = ["up", "down", "enter", "escape", "page-down", "end", "backspace", "left", "right"];
    const key: fc.Arbitrary<Key> = fc.oneof(
      fc.constantFrom(...names),
      fc.constantFrom(..."twmag123456789s/?jkxyz= ").map((typed) => ({ typed })),
    );
    fc.assert(
      fc.property(fc.array(key, { maxLength: 40 }), (keys) => {
        let state = START;
        for (const one of keys) state = pressKey(state, one, dashboardLines(state, dataOf(), look(90, 30))) ?? state;
        expect(GROUPS).toContain(state.by);
        expect(state.selected).toBeGreaterThanOrEqual(0);
        expect(state.view === "groups").toBe(state.group === null);
        expect(renderDashboard(state, dataOf(), look(90, 30)).length).toBeGreaterThan(5);
      }),
    );
  });

  test("may type a filter with words for names and pairs for the ledger", () => {
    expect(readFilter("GPT provider=openai key= x=1")).toEqual({
      query: { provider: "openai" },
      words: ["gpt", "key=", "x=1"],
    });
  });
});

describe("without a terminal", () => {
  let world: CliWorld | null = null;
  afterEach(() => world?.close());

  test.each([true, false])("it is one snapshot (daemon: %p)", async (isRunning) => {
    world = makeCliWorld({ isRunning });
    await world.settle({ requestId: "req_1", costNanoUsd: 2_500_000_000 });
    const { code, out } = await world.run(["costs", "--dashboard", "--period", "today"]);
    expect(code).toBe(0);
    expect(out).not.toContain("\u001b");
    expect(out).toContain("$2.50 for 1 request");
    expect(out).toContain("deepseek/deepseek-v4-flash");
    const json = JSON.parse((await world.run(["costs", "-d", "--json"])).out) as Record<string, object>;
    expect(Object.keys(json)).toEqual(["costs", "trend", "budgets", "requests", "readAt"]);
    expect(json.costs).toMatchObject({ period: "month", totals: { costNanoUsd: 2_500_000_000 } });
  });

  test.each([
    [["costs", "--dashboard", "--from", "2026-11-01"], "a period up to now"],
    [["costs", "--dashboard", "--what-if", "a/b"], "exclude each other"],
  ])("%j is a usage problem", async (argv, words) => {
    world = makeCliWorld();
    const { code, err } = await world.run(argv);
    expect(code).toBe(2);
    expect(err).toContain(words);
  });
});

const ROOT = join(import.meta.dir, "../..");
const SIZE = { columns: 90, rows: 26 };
const daemons = createWorld();
const inputsFor = createInputs();
const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function openDaemon() {
  const lab = await daemons.fake(() => ({ kind: "json", body: chatReply("ok") }));
  const inputs = await inputsFor(
    `
providers:
  lab: { dialect: openai-chat, baseUrl: "${lab.url}/v1", models: [m, n], accounts: [{ key: env:LAB_KEY }] }
prices: { overrides: { lab/m: { input: 1000, output: 1000 }, lab/n: { input: 2000, output: 2000 } } }
budgets: [{ scope: global, period: month, limitUsd: 10 }]
`,
    { LAB_KEY: "lab-key-0123456789" },
  );
  const started = await backend.startDaemon(inputs);
  if (!started.ok) throw new Error(started.error.message);
  const daemon = started.value;
  ends.push(() => daemon.stop("the test is over"));
  const ask = async (model: string): Promise<void> => {
    const reply = await fetch(`${daemon.apiUrl}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "hello" }] }),
    });
    await reply.text();
  };
  return { daemon, ask };
}

interface Desk {
  readonly emulator: Emulator;
  readonly child: Bun.Subprocess;
  type(text: string): void;
  bytes(): number;
  shows(words: string): Promise<unknown>;
}

/** `lodestar costs --dashboard` in a pseudo-terminal that a real emulator draws. */
function runDashboard(stateDir: string, program = "src/main.ts"): Desk {
  const emulator = openEmulator(SIZE);
  let bytes = 0;
  const child = Bun.spawn([process.execPath, join(ROOT, program), "costs", "--dashboard"], {
    env: { PATH: process.env.PATH ?? "", HOME: stateDir, TERM: "xterm-256color", LODESTAR_STATE_DIR: stateDir },
    terminal: {
      cols: SIZE.columns,
      rows: SIZE.rows,
      data: (_terminal, chunk) => {
        bytes += chunk.length;
        emulator.write(chunk);
      },
    },
  });
  ends.push(async () => child.kill("SIGKILL"));
  return {
    emulator,
    child,
    type: (text) => child.terminal?.write(text),
    bytes: () => bytes,
    shows: (words) => eventually(words, () => emulator.rows().join("\n").includes(words)),
  };
}

describe("in a terminal", () => {
  test("it follows the daemon, takes keys, resizes, and leaves the terminal as it was", async () => {
    const { daemon, ask } = await openDaemon();
    const desk = runDashboard(daemon.stateDir);
    await desk.shows("$0 for 0 requests");
    expect(desk.emulator.isAlternate()).toBe(true);
    await ask("lab/m");
    await desk.shows("$0.015 for 1 request");
    await ask("lab/n");
    await desk.shows("$0.045 for 2 requests");
    expect(desk.emulator.rows().join("\n")).toContain("% of $10");
    desk.type("2");
    await desk.shows("by provider");
    await desk.shows("› lab ");
    desk.type("\r");
    await desk.shows("lab: 2 latest requests");
    desk.type("\u001b[B\r");
    await desk.shows("10 × $1000 / 1M = $0.01");
    desk.type("\u001b");
    await desk.shows("lab: 2 latest requests");
    desk.emulator.resize({ columns: 60, rows: 20 });
    desk.child.terminal?.resize(60, 20);
    await desk.shows("? help  q quit");
    desk.type("?");
    await desk.shows("any key goes back");
    desk.type("xq");
    expect(await desk.child.exited).toBe(0);
    await desk.emulator.settled();
    expect(desk.emulator.isAlternate()).toBe(false);
    expect(desk.emulator.rows().join("")).toBe("");
  }, 60_000);

  test.each(["SIGTERM", "SIGHUP"] as const)(
    "it leaves the terminal as it was at %s",
    async (signal) => {
      const { daemon } = await openDaemon();
      const desk = runDashboard(daemon.stateDir);
      await desk.shows("$0 for 0 requests");
      desk.child.kill(signal);
      await desk.child.exited;
      await desk.emulator.settled();
      expect(desk.emulator.isAlternate()).toBe(false);
    },
    60_000,
  );

  test("it leaves the terminal as it was when it crashes", async () => {
    const { daemon } = await openDaemon();
    const desk = runDashboard(daemon.stateDir, "test/cli/programs/crash-on-signal.ts");
    await desk.shows("$0 for 0 requests");
    desk.child.kill("SIGUSR2");
    expect(await desk.child.exited).toBe(1);
    await desk.emulator.settled();
    expect(desk.emulator.isAlternate()).toBe(false);
  }, 60_000);

  test("it goes on, and says so, when the daemon ends", async () => {
    const { daemon } = await openDaemon();
    const desk = runDashboard(daemon.stateDir);
    await desk.shows("$0 for 0 requests");
    await daemon.stop("the test says so");
    await desk.shows("no daemon runs on");
    desk.type("\u0003");
    expect(await desk.child.exited).toBe(0);
  }, 60_000);
});
