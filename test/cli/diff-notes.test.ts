import { describe, expect, test } from "bun:test";
import { backend } from "../../src/compose.ts";
import { type Script, type ScriptedModel, startScriptedModel } from "../support/scripted-model.ts";
import { type CliRun, run } from "./harness.ts";

const PATCH = `diff --git a/src/pay.ts b/src/pay.ts
--- a/src/pay.ts
+++ b/src/pay.ts
@@ -10,4 +10,5 @@ export function pay(
 const API_KEY = "sk-proj-abcdefghijklmnopqrstuvwxyz012345";
-  if (amount <= 0) throw new Error("nothing to pay");
+  if (amount < 0) throw new Error("nothing to pay");
+  connect("postgres://root:hunter2hunter@db/x");
   charge(amount);
 }
`;

const NOTE = {
  hunk: "H1",
  line: "+11",
  quote: "if (amount < 0)",
  severity: "warning",
  text: "A payment of 0 is now charged.",
};

function notes(...list: readonly object[]): string {
  return JSON.stringify({ notes: list });
}

/** Remarks for a review, and all of them kept when they are checked. */
function honest(...list: readonly object[]): Script {
  return ({ text }) => (text.includes("You check remarks") ? '{"keep":[1,2,3]}' : notes(...list));
}

function review({ environment }: ScriptedModel, words: readonly string[] = [], patch: string = PATCH): Promise<CliRun> {
  const stdin = { isPiped: true, readAll: async () => patch };
  return run(["diff", "--ai=scripted/one", ...words], { backend, environment, stdin });
}

async function notesOf(model: ScriptedModel, words: readonly string[] = [], patch = PATCH) {
  const { out } = await review(model, ["--json", ...words], patch);
  const report = JSON.parse(out);
  return { ...report, notes: report.hunks.flatMap((hunk: { notes: object[] }) => hunk.notes) };
}

describe("notes by a model", () => {
  test("cite a line, are checked by a second question, and say who made them", async () => {
    await using model = await startScriptedModel(honest(NOTE));
    const { notes: found, annotatedBy, calls, costUsd } = await notesOf(model);
    expect(found).toEqual([{ line: 11, side: "new", severity: "warning", text: NOTE.text, model: "scripted/one" }]);
    expect([annotatedBy, calls]).toEqual(["rules and model", 2]);
    expect(costUsd).toBeCloseTo(0.00024, 8);
    expect(model.questions[1]?.text).toContain("1. H1 line +11: A payment of 0 is now charged.");
  });

  test("cost nothing the second time, on a screen that says so, also where the hunk moved", async () => {
    await using model = await startScriptedModel(honest(NOTE));
    const first = await review(model, ["--color=never"]);
    expect(first.out).toContain("▸ line 11: A payment of 0 is now charged. (scripted/one)");
    expect(first.out).toMatch(/notes: by rules and scripted\/one \(1 hunks; 2 calls, \$0\.0002, diff:[0-9a-f]{8}\)/);
    const moved = PATCH.replace("@@ -10,4 +10,5 @@", "@@ -50,4 +60,5 @@");
    const second = await review(model, ["--color=never"], moved);
    expect(second.out).toContain("▸ line 61: A payment");
    expect(second.out).toContain("0 calls, $0.0000");
    expect(model.questions).toHaveLength(2);
  });

  test("stand in the ledger under a tag of their own", async () => {
    await using model = await startScriptedModel(honest(NOTE));
    await review(model);
    const { out } = await run(["costs", "--by", "tag", "--json", "--from", "2026-01-01", "--to", "2099-01-01"], {
      backend,
      environment: model.environment,
    });
    expect(JSON.parse(out).groups).toEqual([
      expect.objectContaining({ name: expect.stringMatching(/^diff:[0-9a-f]{8}$/), requests: 2 }),
    ]);
  });

  const dropped: readonly (readonly [string, object])[] = [
    ["a line that is not there", { ...NOTE, quote: "if (amount > 5)" }],
    ["a hunk that is not there", { ...NOTE, hunk: "H7" }],
    ["no line at all", { ...NOTE, quote: "" }],
    ["words of many lines", { ...NOTE, line: "+99", quote: "amount" }],
    ["nothing", { ...NOTE, text: " " }],
  ];
  for (const [what, note] of dropped)
    test(`are dropped where they cite ${what}`, async () => {
      await using model = await startScriptedModel(honest(note));
      const { notes: found, calls } = await notesOf(model);
      expect([found, calls]).toEqual([[], 1]);
    });

  test("have their line put right where one line alone holds the quote", async () => {
    await using model = await startScriptedModel(honest({ ...NOTE, line: "4" }));
    expect((await notesOf(model)).notes).toMatchObject([{ line: 11 }]);
  });

  test("may cite a line that is gone", async () => {
    await using model = await startScriptedModel(honest({ ...NOTE, line: "-11", quote: "amount <= 0" }));
    expect((await notesOf(model)).notes).toMatchObject([{ line: 11, side: "old" }]);
  });

  test("are dropped where the check does not keep them, or cannot be read", async () => {
    for (const check of ['{"keep":[]}', "all fine", '{"keep":"1"}']) {
      await using model = await startScriptedModel([notes(NOTE), check]);
      expect((await notesOf(model)).notes).toEqual([]);
    }
  });

  test("are few: two a hunk, one a line", async () => {
    const more = ['throw new Error("nothing', "charge(amount)", "}"].map((quote) => ({ ...NOTE, line: "", quote }));
    await using model = await startScriptedModel(honest(NOTE, NOTE, ...more, NOTE));
    expect((await notesOf(model)).notes.length).toBeLessThanOrEqual(2);
  });

  test("are read where words stand around the JSON", async () => {
    await using model = await startScriptedModel([`Sure!\n\`\`\`json\n${notes(NOTE)}\n\`\`\``, '{"keep":[1]}']);
    expect((await notesOf(model)).notes).toHaveLength(1);
  });

  test("never steer the terminal", async () => {
    await using model = await startScriptedModel(honest({ ...NOTE, text: "\u001b]0;x\u0007 bad" }));
    expect((await review(model, ["--color=never"])).out).not.toContain("\u0007");
  });

  test("are asked for without the secrets", async () => {
    await using model = await startScriptedModel(honest());
    const key = "-----BEGIN RSA PRIVATE KEY-----\n+MIIEowIBAAKCAQEAx\n+-----END RSA PRIVATE KEY-----";
    const patch = PATCH.replace("+10,5 @@", "+10,8 @@").replace("+  connect", `+${key}\n+  connect`);
    await notesOf(model, [], patch);
    const sent = model.questions.map(({ text }) => text).join("\n");
    expect(sent).toContain("if (amount < 0)");
    for (const secret of ["sk-proj-", "hunter2", "MIIEow"]) expect(sent).not.toContain(secret);
  });

  test("are not asked for hunks that do nothing", async () => {
    await using model = await startScriptedModel(honest(NOTE));
    const patch = "diff --git a/a.md b/a.md\n--- a/a.md\n+++ b/a.md\n@@ -1 +1 @@\n-one\n+two\n";
    expect((await notesOf(model, [], patch)).calls).toBe(0);
    expect(model.questions).toHaveLength(0);
  });

  test("are refused by --no-ai, whatever the environment names", async () => {
    await using model = await startScriptedModel(honest(NOTE));
    const environment = { ...model.environment, LODESTAR_DIFF_MODEL: "scripted/one" };
    const stdin = { isPiped: true, readAll: async () => PATCH };
    const named = await run(["diff", "--json"], { backend, environment, stdin });
    expect(JSON.parse(named.out).calls).toBe(2);
    const refused = await run(["diff", "--json", "--no-ai"], { backend, environment, stdin });
    expect(JSON.parse(refused.out)).toMatchObject({ annotatedBy: "rules", model: null });
  });
});

describe("where the model does not answer, the rules do alone, and it is told", () => {
  const broken: Script = [{ kind: "json", status: 500, body: { error: { message: "broken", type: "server_error" } } }];
  test("on the screen and in JSON", async () => {
    await using model = await startScriptedModel(broken);
    const shown = await review(model, ["--color=never"]);
    expect(shown.code).toBe(0);
    expect(shown.out).toContain("risk ");
    expect(shown.out).toMatch(/notes: by rules alone; 1 hunks by rules alone; scripted\/one: /);
    expect(await notesOf(model)).toMatchObject({ annotatedBy: "rules", problem: expect.stringContaining("broken") });
  });

  test("where no such model is known", async () => {
    await using model = await startScriptedModel(broken);
    const stdin = { isPiped: true, readAll: async () => PATCH };
    const { code, out } = await run(["diff", "--ai=nobody/none", "--color=never"], {
      backend,
      environment: model.environment,
      stdin,
    });
    expect(code).toBe(0);
    expect(out).toContain("notes: by rules alone");
  });

  test("where it answers in no form that was asked for; nothing is kept of it", async () => {
    await using model = await startScriptedModel(["I think it is great!"]);
    expect(await notesOf(model)).toMatchObject({ annotatedBy: "rules", notes: [], calls: 1 });
    expect(await notesOf(model)).toMatchObject({ calls: 1 });
  });

  test("where the budget has no room for the call: nobody is asked, and the exit code says so", async () => {
    await using model = await startScriptedModel(honest(NOTE));
    const { code, out } = await review(model, ["--json", "--budget", "0.000001"]);
    expect([code, model.questions.length]).toEqual([5, 0]);
    expect(JSON.parse(out)).toMatchObject({ annotatedBy: "rules", problem: "the budget was used up" });
    expect((await notesOf(model, ["--budget", "1"])).notes).toHaveLength(1);
  });
});
