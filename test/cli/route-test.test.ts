import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backend } from "../../src/compose.ts";
import { type CliRun, run } from "./harness.ts";

const CONFIG = `
providers: { lab: { baseUrl: "http://127.0.0.1:9/v1", models: [one, two], key: env:LAB_KEY } }
aliases: { best: lab/two }
chains: { duo: [lab/one, lab/two] }
timeZone: Europe/Berlin
projects: { shop: { models: ["lab/one"] } }
routing:
  rules:
    - { name: nights, when: { time: "mon-fri 22:00-06:00" }, do: { target: lab/one } }
    - { name: sql, when: { path: "**/*.sql" }, do: { chain: duo, maxTemperature: 0, ceilingUsd: 0.5, cache: 1h } }
    - { name: guests, requested: "*", when: { key: guest }, do: { deny: "guests may not" } }
    - { name: trial, when: { tag: trial }, do: { split: [{ percent: 100, target: lab/two }], floor: 0.7, sticky: false } }
`;
const TESTS = `  tests:
    - { name: nights are free, given: { at: "2026-11-27T23:00" }, expect: { rule: nights, target: lab/one } }
    - { name: sql is careful, given: { paths: [db/a.sql], at: "2026-11-27T12:00" }, expect: { targets: [lab/one, lab/two] } }
    - { name: guests, given: { requested: lab/two, key: guest }, expect: { denied: true } }
`;

describe("lodestar route test", () => {
  const before = process.cwd();
  afterEach(() => process.chdir(before));

  /** Runs the command over a configuration, in a folder that may hold a project's file. */
  async function routeTest(
    args: readonly string[],
    { config = CONFIG, project, stdin }: { config?: string; project?: string; stdin?: string } = {},
  ): Promise<CliRun> {
    const folder = mkdtempSync(join(tmpdir(), "lodestar-rules-"));
    const here = join(folder, "shop");
    mkdirSync(join(here, ".git"), { recursive: true });
    writeFileSync(join(folder, "c.yaml"), config);
    if (project !== undefined) writeFileSync(join(here, ".lodestar.yaml"), project, { mode: 0o600 });
    process.chdir(here);
    const flags = ["--config", join(folder, "c.yaml"), "--state-dir", join(folder, "state")];
    return run(["route", "test", ...args, ...flags], {
      environment: { HOME: folder, LAB_KEY: "key-0123456789", OLLAMA_HOST: "127.0.0.1:9" },
      backend: { openRules: backend.openRules },
      ...(stdin === undefined ? {} : { stdin }),
    });
  }

  test("runs the tests beside the rules", async () => {
    const { code, out } = await routeTest([], { config: CONFIG + TESTS });
    expect(out).toBe("pass  nights are free\npass  sql is careful\npass  guests\n");
    expect(code).toBe(0);
  });

  test("ends with 1 where one fails, and says what was found", async () => {
    const wrong = '    - { name: mistaken, given: { at: "2026-11-27T12:00" }, expect: { rule: nigths } }\n';
    const { code, out, err } = await routeTest([], { config: CONFIG + TESTS + wrong });
    expect(out).toContain(
      'FAIL  mistaken\n      rule is none, expected nigths, and there is no such rule. Did you mean "nights"?',
    );
    expect(err).toContain("1 of 4 tests failed");
    expect(code).toBe(1);
    const json = await routeTest(["--json"], { config: CONFIG + TESTS + wrong });
    expect(JSON.parse(json.out)).toMatchObject({
      passed: 3,
      failed: 1,
      tests: [{ faults: [] }, {}, {}, { name: "mistaken" }],
    });
    expect(json.code).toBe(1);
  });

  test("says what to write where there is nothing to test", async () => {
    const { code, err } = await routeTest([]);
    expect(err).toContain("nothing_to_test");
    expect(code).toBe(2);
  });

  test("shows for stated facts which rule decides, what it does, and why the others do not", async () => {
    const { out, code } = await routeTest(["--path", "db/x.sql", "--at", "2026-11-27T12:00"]);
    expect(out).toMatchInlineSnapshot(`
      "rule     sql (yours, rule 2)
      goes to  duo: lab/one, lab/two
      ceiling  $0.5 a request
      cache    at most 1 h old
      at most  temperature 0

      rule    from           priority           why
      nights  yours, rule 1         0  no       time is fri 12:00, wanted mon, tue, wed, thu, fri 22:00–06:00
      sql     yours, rule 2         0  decides  requested is auto; path db/x.sql (**/*.sql)
      guests  yours, rule 3         0  no       key is none, wanted guest
      trial   yours, rule 4         0  no       tag is none, wanted trial
      "
    `);
    expect(code).toBe(0);
  });

  test("gives the same as data", async () => {
    const { out } = await routeTest(["--tag", "trial", "--at", "2026-11-28T12:00", "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      requested: "auto",
      rule: { name: "trial", origin: "configuration", position: 3 },
      names: ["lab/two"],
      targets: ["lab/two"],
      floor: 0.7,
      isStickyOff: true,
      rules: [{ outcome: "failed" }, { outcome: "failed" }, { outcome: "failed" }, { outcome: "matched" }],
    });
  });

  test.each([
    ["openai-chat", { model: "auto", messages: [{ role: "user", content: "why is db/a.sql slow?" }] }],
    ["openai-responses", { model: "auto", input: "why is db/a.sql slow?" }],
    [
      "anthropic",
      {
        model: "auto",
        max_tokens: 9,
        system: "be brief",
        messages: [{ role: "user", content: "why is db/a.sql slow?" }],
      },
    ],
    ["gemini", { contents: [{ role: "user", parts: [{ text: "why is db/a.sql slow?" }] }] }],
  ])("reads the body of a request in %s", async (_, body) => {
    const { out } = await routeTest(["-", "--at", "2026-11-28T12:00", "--json"], { stdin: JSON.stringify(body) });
    expect(JSON.parse(out)).toMatchObject({ rule: { name: "sql" }, targets: ["lab/one", "lab/two"] });
  });

  test("leaves a request that names a model to what it names", async () => {
    const body = { model: "lab/two", messages: [{ role: "user", content: "why is db/a.sql slow?" }] };
    const { out } = await routeTest(["-"], { stdin: JSON.stringify(body) });
    expect(out).toContain("none decides");
    expect(out).toContain("lab/two, as it was asked for: lab/two");
    const guest = await routeTest(["-", "--key", "guest"], { stdin: JSON.stringify(body) });
    expect(guest.out).toContain('nowhere: "guests may not" (guests (yours, rule 3))');
  });

  test("asks the rules of this folder's project first, within what the user lets it use", async () => {
    const project = `
routing:
  rules: [{ name: docs, when: { path: "docs/**" }, do: { target: lab/two } }]
  tests: [{ name: docs go out, given: { paths: [docs/a.md] }, expect: { rule: docs } }]
`;
    const shown = await routeTest(["--path", "docs/a.md", "--at", "2026-11-28T12:00"], { project });
    expect(shown.out).toContain("docs (.lodestar.yaml, rule 1)");
    // The user's list for the project holds lab/one alone.
    expect(shown.out).toContain("lab/two: nothing that is configured here");
    const tests = await routeTest([], { project });
    expect([tests.out, tests.code]).toEqual(["pass  docs go out\n", 0]);
    const elsewhere = await routeTest(["--path", "docs/a.md", "--project", "blog", "--json"], { project });
    expect(JSON.parse(elsewhere.out).rule?.name).not.toBe("docs");
  });

  test("says what is wrong with a project's file, which may be anybody's", async () => {
    const { err, code } = await routeTest(["--tag", "x"], {
      project: "routing: { rules: [{ name: a, requested: free, do: { target: best } }] }",
    });
    expect(err).toContain("may not be set by a project's own file");
    expect(code).toBe(3);
  });

  test.each([
    [["--health", "anthropic"], "--health must be NAME=VALUE"],
    [["--turn", "tool"], "--turn must be user, tool-result, housekeeping"],
    [["--budget-left", "120%"], "--budget-left must be a percentage"],
    [["--at", "noon"], "--at must be a time"],
    [["nowhere.json"], "nowhere.json cannot be read"],
  ])("%j is a mistake on the command line", async (args, message) => {
    const { err, code } = await routeTest(args);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });

  test.each(["", "[1]", "{", '"text"'])("standard input %j is no request", async (stdin) => {
    const { err, code } = await routeTest(["-"], { stdin });
    expect(err).toContain("is no JSON object");
    expect(code).toBe(2);
  });

  test("a wrong configuration is told as ever", async () => {
    const { err, code } = await routeTest([], { config: CONFIG.replace("chain: duo", "chain: dou") });
    expect(err).toContain('names "dou", which is no chain. Did you mean "duo"?');
    expect(code).toBe(3);
  });
});
