import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { type RunOptions, run } from "./harness.ts";

const home = mkdtempSync(join(tmpdir(), "lodestar-diff-cli-"));
const folder = join(home, "repository");
const outside = join(home, "outside");
const before = process.cwd();
afterAll(() => {
  process.chdir(before);
  rmSync(home, { recursive: true, force: true });
});

function git(...args: readonly string[]): Buffer {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "core.autocrlf=false"];
  return Bun.spawnSync(["git", "-C", folder, ...identity, ...args]).stdout;
}

function write(name: string, text: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

mkdirSync(folder, { recursive: true });
mkdirSync(outside);
git("init", "-q", "-b", "main");
write("src/loop.ts", "export function f(n: number) {\n  for (let i = 0; i < n; i++) {\n    g(i);\n  }\n}\n");
write("bin", Uint8Array.of(0, 1, 2));
write("mode.sh", "#!/bin/sh\n");
write("no-end", "a\nb");
git("add", "-A");
git("commit", "-qm", "first");
git("tag", "first");
write("src/loop.ts", "export function f(n: number) {\n  for (let i = 0; i <= n; i++) {\n    g(i);\n  }\n}\n");
git("commit", "-qam", "second");
write("bin", Uint8Array.of(0, 1, 3));
write("latin", Buffer.from("caf\xe9\n", "latin1"));
git("add", "latin");
write("latin", Buffer.from("th\xe9\n", "latin1"));
write("no-end", "a\nc");
chmodSync(join(folder, "mode.sh"), 0o755);

/** Standard input with these bytes, in small pieces. */
function piped(bytes: Uint8Array): NonNullable<RunOptions["stdin"]> {
  return {
    isPiped: true,
    readAll: async () => Buffer.from(bytes).toString(),
    bytes: async function* () {
      for (let at = 0; at < bytes.length; at += 97) yield bytes.subarray(at, at + 97);
    },
  };
}

const NOTHING = { readAll: async () => "", isPiped: false };

function inside(words: readonly string[], options: RunOptions = {}): ReturnType<typeof run> {
  process.chdir(folder);
  return run(["diff", ...words], { stdin: NOTHING, ...options });
}

async function jsonOf(words: readonly string[], options: RunOptions = {}) {
  const { out } = await inside(["--json", ...words], options);
  return JSON.parse(out);
}

describe("what lodestar diff shows the changes of", () => {
  const filesOf = (report: { files: { file: string }[] }): readonly string[] => report.files.map(({ file }) => file);

  test("the work tree, the index, a revision, a range, and paths of them", async () => {
    expect(filesOf(await jsonOf([]))).toEqual(["bin", "latin", "mode.sh", "no-end"]);
    expect(filesOf(await jsonOf(["--cached"]))).toEqual(["latin"]);
    expect(filesOf(await jsonOf(["first"]))).toContain("src/loop.ts");
    expect(filesOf(await jsonOf(["first..HEAD"]))).toEqual(["src/loop.ts"]);
    expect(filesOf(await jsonOf(["first", "HEAD"]))).toEqual(["src/loop.ts"]);
    expect(filesOf(await jsonOf(["first", "--", "no-end"]))).toEqual(["no-end"]);
  });

  test("two files, also outside a repository", async () => {
    writeFileSync(join(outside, "a.py"), "x = 1\n");
    writeFileSync(join(outside, "b.py"), "x = 2\n");
    process.chdir(outside);
    const { code, out } = await run(["diff", "a.py", "b.py", "--json"], { stdin: NOTHING });
    expect(code).toBe(0);
    expect(JSON.parse(out).hunks[0]).toMatchObject({ file: "b.py", range: { oldStart: 1, newStart: 1 } });
  });

  test("a patch on standard input, named by - or piped in, of many commits too", async () => {
    const log = git("log", "-p", "--color=always");
    for (const words of [["-"], []]) {
      expect(filesOf(await jsonOf(words, { stdin: piped(log) }))).toContain("src/loop.ts");
    }
  });

  test("each hunk with file, range, kind, risk, reasons and notes", async () => {
    const { hunks, risk, annotatedBy } = await jsonOf(["first..HEAD"]);
    expect(hunks).toEqual([
      {
        file: "src/loop.ts",
        range: { oldStart: 1, oldLines: 5, newStart: 1, newLines: 5 },
        section: "",
        kind: "change",
        risk: expect.any(Number),
        reasons: [
          { reason: "boundary-change", detail: "< → <=" },
          { reason: "code-without-tests", detail: "no test changed with it" },
        ],
        notes: [],
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    expect([risk, annotatedBy]).toEqual([hunks[0].risk, "rules"]);
  });
});

describe("a patch that is piped on", () => {
  const patches = [
    ["a history", git("log", "-p")],
    ["a coloured one", git("log", "-p", "--color=always")],
    ["bytes that are no text", Uint8Array.from({ length: 999 }, (_, at) => (at * 7) % 256)],
    ["nothing", new Uint8Array(0)],
  ] as const;
  for (const [what, bytes] of patches)
    test(`passes byte for byte: ${what}`, async () => {
      const chunks: Uint8Array[] = [];
      const { code } = await inside(["--risk-threshold", "100"], {
        stdin: piped(bytes),
        onBytes: (chunk) => chunks.push(chunk),
      });
      expect(Buffer.concat(chunks).equals(Buffer.from(bytes))).toBe(true);
      expect(code).toBeLessThanOrEqual(1);
    });

  test("passes of the work tree as git writes it, and git applies it", async () => {
    const chunks: Uint8Array[] = [];
    await inside(["first..HEAD"], { onBytes: (chunk) => chunks.push(chunk) });
    const patch = join(home, "a.patch");
    writeFileSync(patch, Buffer.concat(chunks));
    const applied = Bun.spawnSync(["git", "-C", folder, "apply", "--check", "-R", patch]);
    expect(applied.exitCode).toBe(0);
  });
});

describe("the filter for git add -p", () => {
  async function filtered(bytes: Uint8Array, environment: Record<string, string> = {}): Promise<string> {
    const chunks: Uint8Array[] = [];
    await inside(["--filter"], { stdin: piped(bytes), environment, onBytes: (chunk) => chunks.push(chunk) });
    return Buffer.concat(chunks).toString("latin1");
  }

  test("gives a line for each line, coloured or not, and leaves the text and the ranges alone", async () => {
    for (const colour of ["always", "never"]) {
      const patch = git("log", "-p", "-m", `--color=${colour}`);
      const out = await filtered(patch);
      expect(out.split("\n").length).toBe(patch.toString("latin1").split("\n").length);
      expect(Bun.stripANSI(out)).toContain("@@ -1,5 +1,5 @@ change, risk ");
      expect(Bun.stripANSI(out)).toContain("\n-  for (let i = 0; i < n; i++) {\n+  for (let i = 0; i <= n; i++) {\n");
    }
    expect(await filtered(git("diff", "first"), { NO_COLOR: "", FORCE_COLOR: "1" })).toContain("\u001b[");
  });

  test("gives a line for each line of whatever comes", async () => {
    const line = fc.oneof(
      fc.string({ unit: "binary" }).map((text) => text.replaceAll("\n", " ")),
      fc.constantFrom("diff --git a/f b/f", "--- a/f", "+++ b/f", "@@ -1,2 +1,2 @@", "+a", "-b", " c", "\\ No", "\r"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.boolean(), async (lines, isEnded) => {
        const text = lines.join("\n") + (isEnded ? "\n" : "");
        const bytes = Buffer.from(text);
        const count = (latin1: string): number => latin1.split("\n").length;
        expect(count(await filtered(bytes))).toBe(count(bytes.toString("latin1")));
      }),
      { numRuns: 60 },
    );
  });
});

describe("how it is shown", () => {
  test("with heads, line numbers and what is said of each hunk", async () => {
    const { out } = await inside(["first", "--color=never"]);
    const shown = out.split("\n");
    expect(out).toMatch(/^src\/loop\.ts {2}\+1 −1 {2}risk \d\d$/m);
    expect(shown).toContain("bin  binary");
    expect(shown).toContain("mode.sh  mode 100644 → 100755");
    expect(shown).toContain("2   -   for (let i = 0; i < n; i++) {");
    expect(shown).toContain("  2 +   for (let i = 0; i <= n; i++) {");
    expect(shown).toContain("2   - b (no line end)");
    expect(out).toMatch(/^@@ 1–5 {2}change, risk \d\d: boundary-change \(< → <=\)/m);
  });

  test("side by side, no line wider than the terminal", async () => {
    const { out } = await inside(["first", "--side-by-side", "--width", "60"]);
    const lines = out.split("\n");
    expect(Math.max(...lines.filter((line) => line.includes("│")).map((line) => Bun.stringWidth(line)))).toBeLessThan(
      61,
    );
    expect(lines.find((line) => line.includes("i < n"))).toContain("│ 2 +   for (let i = 0; i <= n");
  });

  test("word by word in one line", async () => {
    const { out } = await inside(["first..HEAD", "--word"]);
    expect(out).toContain("2 2 ~   for (let i = 0; i <{+=+} n; i++) {");
  });

  test("by terminal without a pager, and in colour where it is told to", async () => {
    const { out } = await inside(["first..HEAD", "--no-pager"], {
      isTTY: true,
      environment: { FORCE_COLOR: "1", NO_COLOR: "" },
    });
    expect(out).toContain("\u001b[35mfor\u001b[39m");
    expect(Bun.stripANSI(out)).toMatch(/^src\/loop\.ts {2}\+1 −1 {2}risk \d\d$/m);
  });

  test("never steers the terminal with what stands in a file or a commit", async () => {
    const evil = "\u001b]0;title\u0007\u001b[2J";
    const patch = `commit 1\n\n    ${evil}\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@ ${evil}\n-a\n+${evil}\n`;
    const { out } = await inside(["--color=always"], { stdin: piped(Buffer.from(patch)) });
    expect(out).not.toContain("\u0007");
    expect(out).not.toContain("\u001b[2J");
  });
});

describe("as git's external diff", () => {
  const environment = { ...process.env, GIT_EXTERNAL_DIFF: "" };
  function external(...words: readonly string[]): Buffer {
    const script = join(home, "external.sh");
    const main = join(import.meta.dir, "../../src/main.ts");
    writeFileSync(script, `#!/bin/sh\nexec ${process.execPath} ${main} diff "$@"\n`);
    chmodSync(script, 0o755);
    const env = { ...environment, GIT_EXTERNAL_DIFF: script, NO_COLOR: "1" };
    return Bun.spawnSync(["git", "-C", folder, "--no-pager", "diff", ...words], { env }).stdout;
  }

  test("gives the patch with the real names, and git applies it", () => {
    const patch = join(home, "external.patch");
    writeFileSync(patch, external("first", "HEAD"));
    expect(external("first", "HEAD").toString()).toContain("--- a/src/loop.ts\n+++ b/src/loop.ts\n@@ -1,5 +1,5 @@");
    expect(Bun.spawnSync(["git", "-C", folder, "apply", "--check", "-R", patch]).exitCode).toBe(0);
  });

  test("tells of modes, binaries and new files", () => {
    const text = external("first").toString();
    expect(text).toContain("old mode 100644\nnew mode 100755\n");
    expect(text).toContain("Binary files a/bin and b/bin differ\n");
    expect(text).toContain("--- /dev/null\n+++ b/latin\n");
  });
});

describe("for continuous integration", () => {
  test("SARIF has what its schema requires", async () => {
    const { out, code } = await inside(["first..HEAD", "--sarif"]);
    expect(code).toBe(0);
    const { version, runs } = JSON.parse(out);
    expect(version).toBe("2.1.0");
    const [{ tool, results }] = runs;
    expect(tool.driver.name).toBe("lodestar diff");
    const [result] = results;
    expect(tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
    expect(result).toMatchObject({
      ruleId: "boundary-change",
      message: { text: expect.stringMatching(/^risk \d\d, change: boundary-change/) },
      locations: [
        { physicalLocation: { artifactLocation: { uri: "src/loop.ts" }, region: { startLine: 1, endLine: 5 } } },
      ],
    });
  });

  test("GitHub gets a command a line, with everything escaped that ends one", async () => {
    const { out } = await inside(["first..HEAD", "--github"]);
    expect(out).toMatch(
      /^::warning file=src\/loop\.ts,line=1,endLine=5,title=lodestar diff%3A boundary-change::risk \d\d, change: .*\n$/,
    );
  });

  const codes: readonly (readonly [readonly string[], number])[] = [
    [["first..HEAD"], 0],
    [["first..HEAD", "--exit-code"], 1],
    [["HEAD..HEAD", "--exit-code"], 0],
    [["first..HEAD", "--risk-threshold", "40"], 1],
    [["first..HEAD", "--risk-threshold", "99"], 0],
    [["first..HEAD", "--risk-threshold", "50", "--json"], 1],
  ];
  for (const [words, code] of codes)
    test(`exits with ${code}: ${words.join(" ")}`, async () => {
      expect((await inside(words)).code).toBe(code);
    });
});

describe("what goes wrong is told", () => {
  const cases: readonly (readonly [string, readonly string[], number, string])[] = [
    ["an unknown revision", ["frist"], 2, 'Did you mean "first"?'],
    ["an unknown range", ["nowhere..HEAD"], 2, '"nowhere..HEAD" is neither a revision nor a path'],
    ["two layouts", ["--word", "--side-by-side"], 2, "--side-by-side and --word exclude each other"],
    ["two outputs", ["--json", "--sarif"], 2, "exclude each other"],
    ["a risk beyond all", ["--risk-threshold", "101"], 2, "from 0 to 100"],
    ["a narrow screen", ["--width", "3"], 2, "at least 20"],
    ["a budget that is no amount", ["--budget", "lots"], 2, "amount of US dollars"],
    ["a file that is not there", ["src/loop.ts", "gone.ts"], 2, '"gone.ts" is neither a revision nor a path'],
  ];
  for (const [what, words, code, message] of cases)
    test(`${what}`, async () => {
      const done = await inside(words);
      expect([done.code, done.out]).toEqual([code, ""]);
      expect(done.err).toContain(message);
    });

  test("no repository", async () => {
    process.chdir(outside);
    for (const words of [[], ["HEAD"], ["--cached"]]) {
      const { code, err, out } = await run(["diff", ...words], { stdin: NOTHING });
      expect([code, out]).toEqual([1, ""]);
      expect(err).toContain("not a git repository");
    }
  });

  test("no git", async () => {
    const { code, err } = await inside([], { environment: { PATH: outside } });
    expect(code).toBe(127);
    expect(err).toContain("git cannot be started");
  });

  test("input that is no patch, where a program waits for one", async () => {
    const { code, err } = await inside(["--json"], { stdin: piped(Buffer.from("hello\n")) });
    expect(code).toBe(1);
    expect(err).toContain("holds no patch");
  });
});
