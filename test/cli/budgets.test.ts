import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { BudgetState } from "../../src/core/budget/budget.ts";
import { NOON } from "../stores/attempts.ts";
import { type CliRun, type CliWorld, createCliWorlds } from "./harness.ts";

const makeWorld = createCliWorlds();

function open(options: Parameters<typeof makeWorld>[0] = {}): CliWorld {
  return makeWorld(options);
}

const MONTH: BudgetState = {
  budget: {
    id: "month",
    scope: "global",
    name: null,
    period: "month",
    limitNanoUsd: 30_000_000_000,
    warnAt: [50, 80],
    over: "degrade",
    isUnpricedAllowed: false,
    origin: "file",
  },
  name: null,
  spentNanoUsd: 15_500_000_000,
  reservedNanoUsd: 250_000_000,
  from: NOON - 86_400_000,
  resetsAt: NOON + 8 * 86_400_000 + 3_600_000,
};
const OWN: BudgetState = {
  budget: {
    ...MONTH.budget,
    id: "total:own:intern",
    scope: "key",
    name: "key_1",
    period: "total",
    limitNanoUsd: 0,
    over: "deny",
    isUnpricedAllowed: true,
    origin: "key",
  },
  name: "key_1",
  spentNanoUsd: 1,
  reservedNanoUsd: 0,
  from: null,
  resetsAt: null,
};

describe("budgets", () => {
  test.each([true, false])(
    "are shown with what is used, left and when they begin anew (daemon: %p)",
    async (isRunning) => {
      const world = open({ isRunning, budgets: [MONTH, OWN] });
      const { code, out } = await world.run(["budgets"]);
      expect(code).toBe(0);
      expect(out).toMatchInlineSnapshot(`
        "budget            counts      used                 limit         spent  reserved    left  resets in  when over
        month             everything  ██████▎░░░░░ 52 %   $30.00        $15.50     $0.25  $14.25    8 d 1 h  degrade
        total:own:intern  key key_1   ████████████ 100 %      $0  $0.000000001        $0      $0      never  deny, unpriced allowed, by its key
        "
      `);
    },
  );

  test("are the same in JSON, in whole nano-dollars, never less than nothing left", async () => {
    const world = open({ budgets: [MONTH, OWN] });
    const view = JSON.parse((await world.run(["budgets", "--json"])).out);
    expect(view).toMatchObject({
      budgets: [
        { id: "month", leftNanoUsd: 14_250_000_000, unpriced: "deny", origin: "file", warnAt: [50, 80] },
        { id: "total:own:intern", leftNanoUsd: 0, unpriced: "allow", resetsAt: null },
      ],
    });
    expect(typeof view.timeZone).toBe("string");
  });

  test("that are not there are offered", async () => {
    const { out, err } = await open().run(["budgets"]);
    expect([out, err]).toEqual(["", expect.stringContaining("lodestar budgets add --period month --limit 30")]);
  });
});

/** A home with a configuration file of its own, and command lines in it. */
function home(text: string | null = null, isRunning = true) {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-budgets-"));
  const file = join(folder, ".config", "lodestar", "config.yaml");
  if (text !== null) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  let reloads = 0;
  const reload = async () => {
    reloads += 1;
    return { ok: true, value: "loaded" } as const;
  };
  const world = open({ isRunning, reload });
  return {
    file,
    text: () => readFileSync(file, "utf8"),
    reloads: () => reloads,
    go: (...argv: string[]): Promise<CliRun> => world.run(argv, { environment: { HOME: folder } }),
  };
}

describe("budgets add", () => {
  test("writes beside what is there, keeps comments, and the daemon takes it into use", async () => {
    const { go, text, reloads, file } = home(
      "# mine\nbudgets:\n  - { scope: global, period: day, limitUsd: 1 } # small\n",
    );
    const { code, out, err } = await go(
      ..."budgets add --scope project --name web --period day --limit 2.50 --over deny --warn-at 50,80".split(" "),
    );
    expect([code, out]).toEqual([0, `day:project:web is in ${file}\n`]);
    expect(err).toContain("the daemon uses it");
    expect(reloads()).toBe(1);
    expect(text()).toMatchInlineSnapshot(`
      "# mine
      budgets:
        - { scope: global, period: day, limitUsd: 1 } # small
        - { scope: project, name: web, period: day, limitUsd: 2.5, warnAt: [ 50, 80 ], over: deny }
      "
    `);
  });

  test("makes the file where there is none, and needs no daemon", async () => {
    const { go, text } = home(null, false);
    expect((await go("budgets", "add", "--period", "month", "--limit", "30")).code).toBe(0);
    expect(text()).toContain("{ scope: global, period: month, limitUsd: 30 }");
    const again = await go("budgets", "add", "--period", "month", "--limit", "30");
    expect(again.out).toBe("month is there as it is\n");
    await go("budgets", "add", "--period", "month", "--limit", "8999999.123456789", "--unpriced", "allow");
    expect(text()).toContain('limitUsd: "8999999.123456789", unpriced: allow');
    expect(text().match(/scope/g)).toHaveLength(1);
  });

  test.each([
    ["--period month", "--limit"],
    ["--period month --limit -1", "--limit must be an amount in USD"],
    ["--period month --limit 1e9", "--limit must be an amount in USD"],
    ["--period fortnight --limit 1", "must be one of day, week, month, total"],
    ["--period day --limit 1 --scope project", "lacks a name: which project it counts"],
    ["--period day --limit 1 --name web", "does not go with scope: global"],
    ["--period day --limit 1 --warn-at 50,120", "--warn-at must be percentages from 1 to 100"],
  ])("of %p is refused, and nothing is written", async (flags, words) => {
    const { go, file } = home();
    const { code, err } = await go("budgets", "add", ...flags.split(" "));
    expect(code).toBe(2);
    expect(err).toContain(words);
    expect(await Bun.file(file).exists()).toBe(false);
  });

  test("leaves a file that is wrong already as it is, and says what is wrong", async () => {
    const { go, text } = home("budgets: [\n");
    const { code, err } = await go("budgets", "add", "--period", "day", "--limit", "1");
    expect([code, text()]).toEqual([3, "budgets: [\n"]);
    expect(err).toContain("is not valid YAML");
  });
});

describe("budgets remove", () => {
  test("takes one out by its id, and suggests where there is none of that id", async () => {
    const { go, text, reloads } = home(
      "budgets:\n  - { scope: global, period: day, limitUsd: 1 } # small\n  - { scope: project, name: web, period: day, limitUsd: 2 }\n",
    );
    const { code, out } = await go("budgets", "remove", "day:project:web");
    expect([code, out]).toEqual([0, expect.stringContaining("removed day:project:web from ")]);
    expect(text()).toBe("budgets:\n  - { scope: global, period: day, limitUsd: 1 } # small\n");
    expect(reloads()).toBe(1);
    const wrong = await go("budgets", "remove", "dya");
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain('Did you mean "day"?');
  });
});

describe("config check", () => {
  test("doubts a budget on a key that is not there", async () => {
    const text =
      "budgets:\n  - { scope: key, name: intren, period: day, limitUsd: 1 }\n  - { scope: key, name: '*', period: day, limitUsd: 1 }\n";
    const { go } = home(text);
    await go("keys", "create", "intern");
    const { code, err } = await go("config", "check");
    expect(code).toBe(0);
    expect(err).toContain(
      'budget day:key:intren: counts nothing yet: no key is called "intren". Did you mean "intern"?',
    );
    expect(err.match(/counts nothing/g)).toHaveLength(1);
    await go("keys", "create", "intren");
    expect((await go("config", "check")).err).not.toContain("counts nothing");
  });

  test("doubts a rule for a key that is not there", async () => {
    const rule = (key: string): string =>
      `    - { name: ${key}, when: { key: [${key}, "other*", "!nobody"] }, do: { target: free } }\n`;
    const { go } = home(`routing:\n  rules:\n${rule("intern")}${rule("intren")}`);
    await go("keys", "create", "intern");
    const { code, err } = await go("config", "check");
    expect(code).toBe(0);
    expect(err).toContain('rule intren: matches nobody yet: no key is called "intren". Did you mean "intern"?');
    expect(err.match(/matches nobody/g)).toHaveLength(1);
  });
});

describe("webhooks", () => {
  const took = { host: "hooks.example.org", isSigned: true, status: 204, error: null, durationMs: 12 };
  const refused = { ...took, isSigned: false, status: 500, error: "hooks.example.org answered with status 500." };

  test("test says how each took a sample, and fails where one did not", async () => {
    const good = await open({ trials: [took] }).run(["webhooks", "test"]);
    expect([good.code, good.out]).toEqual([0, "hooks.example.org took it (204), 12 ms\n"]);
    const bad = await open({ trials: [took, refused] }).run(["webhooks", "test"]);
    expect(bad.code).toBe(1);
    expect(bad.out).toContain("did not take it: hooks.example.org answered with status 500., 12 ms, not signed");
    const json = await open({ trials: [refused] }).run(["webhooks", "test", "--json"]);
    expect([json.code, JSON.parse(json.out)]).toEqual([1, { webhooks: [refused] }]);
  });

  test("test without any is a problem that says where to add one; the list is empty", async () => {
    const none = await open().run(["webhooks", "test"]);
    expect([none.code, none.err]).toEqual([1, expect.stringContaining("under `webhooks` in the configuration")]);
    expect((await open().run(["webhooks"])).err).toContain("no webhooks");
  });
});
