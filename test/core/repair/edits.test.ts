import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ProposedEdit } from "../../../src/core/repair/edit.ts";
import { editPath, isTestPath } from "../../../src/core/repair/edit-path.ts";
import { replaceOnce } from "../../../src/core/repair/match-edit.ts";
import { parseAnswer } from "../../../src/core/repair/parse-answer.ts";
import { EDIT_LIMITS, planEdits } from "../../../src/core/repair/plan-edits.ts";

function parsed(answer: string, only = ""): readonly ProposedEdit[] {
  const result = parseAnswer(answer, only);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function planned(edits: readonly ProposedEdit[], files: Readonly<Record<string, string>>, allowTests = false) {
  return planEdits(edits, { allowTests, read: (path) => files[path] ?? null, paths: Object.keys(files) });
}

const BODY = "def add(a, b):\n    return a + b\n";

describe("whole files in an answer", () => {
  test.each([
    ["the path before the fence", `Here:\n\ncalc.py\n\`\`\`python\n${BODY}\`\`\`\n`],
    ["the path in bold", `**calc.py**\n\`\`\`\n${BODY}\`\`\`\n`],
    ["the path as a heading in code marks", `### \`calc.py\`:\n\n\`\`\`py\n${BODY}\`\`\``],
    ["words before the path", `File: calc.py\n\`\`\`\n${BODY}\`\`\``],
    ["the path in the info string", `\`\`\`python:calc.py\n${BODY}\`\`\``],
    ["thoughts before it", `<think>calc2.py\n\`\`\`\nx\n\`\`\`\n</think>calc.py\n\`\`\`\n${BODY}\`\`\``],
    ["a fence that is not closed", `calc.py\n\`\`\`python\n${BODY.trimEnd()}`],
    ["Windows line ends", `calc.py\r\n\`\`\`\r\n${BODY.replaceAll("\n", "\r\n")}\`\`\`\r\n`],
  ])("with %s", (_, answer) => {
    expect(parsed(answer)).toEqual([{ kind: "whole", path: "calc.py", text: BODY }]);
  });

  test("without a path are for the one file that was shown", () => {
    expect(parsed(`Sure!\n\`\`\`python\n${BODY}\`\`\``, "calc.py")[0]).toMatchObject({ path: "calc.py", text: BODY });
    expect(parseAnswer(`\`\`\`sh\nrm -rf /\n\`\`\``, "calc.py").ok).toBe(false);
    expect(parseAnswer(`\`\`\`python\n${BODY}\`\`\``, "").ok).toBe(false);
  });

  test("may hold shorter fences", () => {
    expect(parsed("README.md\n````\n```sh\nls\n```\n````")).toEqual([
      { kind: "whole", path: "README.md", text: "```sh\nls\n```\n" },
    ]);
  });
});

describe("blocks of search and replace", () => {
  const block = "<<<<<<< SEARCH\n    return a - b\n=======\n    return a + b\n>>>>>>> REPLACE";
  test.each([
    ["below the path", `calc.py\n${block}`],
    ["in a fence below the path", `calc.py\n\`\`\`python\n${block}\n\`\`\``],
    ["in a fence with the path inside", `\`\`\`\ncalc.py\n${block}\n\`\`\``],
    ["in a fence that names it", `\`\`\`python calc.py\n${block}\n\`\`\``],
  ])("%s", (_, answer) => {
    expect(parsed(answer)).toEqual([
      { kind: "replace", path: "calc.py", search: "    return a - b\n", replace: "    return a + b\n", line: null },
    ]);
  });

  test("go on in the same file", () => {
    expect(parsed(`calc.py\n${block}\n\n${block}`).map(({ path }) => path)).toEqual(["calc.py", "calc.py"]);
  });

  test.each([
    ["a block that does not end", "calc.py\n<<<<<<< SEARCH\nx\n=======\n"],
    ["a block for no file", block],
    ["words alone", "I cannot help with that."],
    ["nothing", ""],
  ])("%s is told as a problem", (_, answer) => {
    expect(parseAnswer(answer, "")).toMatchObject({ ok: false, error: { code: "no_edits" } });
  });
});

describe("a unified diff", () => {
  test("is taken by its lines, however wrong its counts are", () => {
    const answer =
      "```diff\n--- a/calc.py\n+++ b/calc.py\n@@ -1,9 +1,7 @@ x\n def add(a, b):\n-    return a - b\n+    return a + b\n```";
    const edits = parsed(answer);
    expect(edits).toEqual([
      { kind: "replace", path: "calc.py", search: "def add(a, b):\n    return a - b\n", replace: BODY, line: 1 },
    ]);
    const plan = planned(edits, { "calc.py": "def add(a, b):\n    return a - b\n" });
    expect(plan.ok && plan.value[0]?.after).toBe(BODY);
  });

  test("may make a file, and takes none away", () => {
    const made = parsed("--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+x = 1\n");
    expect(made).toEqual([{ kind: "whole", path: "new.py", text: "x = 1\n" }]);
    expect(parseAnswer("--- a/calc.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n", "").ok).toBe(false);
  });

  test("of two files and hunks keeps them apart", () => {
    const answer =
      "--- a/a.py\n+++ b/a.py\n@@\n-1\n+2\n@@ -9 +9 @@\n-3\n+4\n--- a/b.py\n+++ b/b.py\n@@ -1 +1 @@\n-5\n+6\n";
    expect(parsed(answer).map((edit) => [edit.path, edit.kind === "replace" && edit.search])).toEqual([
      ["a.py", "1\n"],
      ["a.py", "3\n"],
      ["b.py", "5\n"],
    ]);
  });
});

describe("the place of a replacement", () => {
  const text = "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n";
  test.each([
    ["exact", "        return 2\n", "        return 3\n", "exact", "        return 3"],
    [
      "white-space",
      "    def g( self):  \n".replace("( ", "("),
      "    def h(self):\n",
      "white-space",
      "    def h(self):",
    ],
    [
      "indentation",
      "def g(self):\n    return 2\n",
      "def g(self):\n    x = 2\n    return x\n",
      "indentation",
      "        x = 2",
    ],
    [
      "closest",
      "    def g(self):\n        retrun 2\n",
      "    def g(self):\n        return 9\n",
      "closest",
      "        return 9",
    ],
  ] as const)("is found: %s", (_, search, replace, level, line) => {
    const result = replaceOnce(text, search, replace);
    expect(result).toMatchObject({ ok: true, value: { level } });
    expect(result.ok && result.value.text.split("\n")).toContain(line);
  });

  test("is refused where there are several, unless a line says which", () => {
    const twice = "x = 1\ny = 2\nx = 1\n";
    expect(replaceOnce(twice, "x = 1\n", "x = 3\n")).toEqual({
      ok: false,
      error: { code: "ambiguous", places: 2, level: "exact" },
    });
    expect(replaceOnce(twice, "x = 1\n", "x = 3\n", 3)).toMatchObject({
      ok: true,
      value: { text: "x = 1\ny = 2\nx = 3\n" },
    });
    expect(replaceOnce(twice, "x = 1\n", "x = 3\n", 2).ok).toBe(false);
  });

  test("is refused where nothing is like it, or nothing is searched", () => {
    expect(replaceOnce(text, "import os\n", "")).toMatchObject({ ok: false, error: { code: "not_found" } });
    expect(replaceOnce(text, "  \n\n", "x\n")).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  test("does not count blank lines around what is searched", () => {
    expect(replaceOnce("a\nb\n", "\na\n\n", "\nc\n\n")).toMatchObject({ ok: true, value: { text: "c\nb\n" } });
  });

  test("keeps Windows line ends, and a last line without one", () => {
    expect(replaceOnce("a\r\nb\r\n", "b\n", "c\nd\n")).toMatchObject({ value: { text: "a\r\nc\r\nd\r\n" } });
    expect(replaceOnce("a\nb", "b", "c")).toMatchObject({ value: { text: "a\nc" } });
  });

  test("replacing a line that is there once changes that line alone", () => {
    const line = fc.stringMatching(/^[a-z (){}=;]{0,12}$/);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.nat(), (lines, at) => {
        const index = at % (lines.length + 1);
        const whole = lines.toSpliced(index, 0, "THE ONE LINE 42");
        const result = replaceOnce(`${whole.join("\n")}\n`, "THE ONE LINE 42\n", "NEW\n");
        expect(result).toMatchObject({
          ok: true,
          value: { text: `${lines.toSpliced(index, 0, "NEW").join("\n")}\n`, level: "exact" },
        });
      }),
    );
  });
});

describe("paths that edits may have", () => {
  test.each([
    "../x.py",
    "a/../../x.py",
    "/etc/passwd",
    "~/x.py",
    "C:/x.py",
    "a\\b.py",
    ".git/hooks/pre-commit",
    "sub/.git/config",
    ".GIT/config",
    "git~1/config",
    ".env",
    ".github/workflows/ci.yml",
    ".husky/pre-commit",
    "a//b.py",
    "a/./b.py",
    "",
    "a\u0000.py",
    "a\n.py",
    "a\u200b.py",
    "x/.git./config",
    "con:.py",
    "node_modules/x/index.js",
    "venv/lib/x.py",
    "target/x.rs",
    `${"a/".repeat(200)}b.py`,
    "tests/test_a.py",
    "src/a.test.ts",
    "a_test.go",
    "conftest.py",
    "package.json",
    "jest.config.js",
    "src/test/java/ATest.java",
    "Makefile",
  ])("%j is refused", (path) => {
    expect(editPath(path, { allowTests: false }).ok).toBe(false);
  });

  test.each([
    "a.py",
    "./src/a.ts",
    "src/target/x.java",
    "lib/latest.js",
    "src/attest.py",
    "README.md",
    "src/env/read.ts",
  ])("%j is not", (path) => {
    expect(editPath(path, { allowTests: false })).toEqual({ ok: true, value: path.replace("./", "") });
  });

  test("tests may be edited where that is allowed, hidden files never", () => {
    expect(editPath("tests/test_a.py", { allowTests: true }).ok).toBe(true);
    expect(editPath(".git/config", { allowTests: true }).ok).toBe(false);
    expect([isTestPath("src/a.ts"), isTestPath("src/a.spec.ts")]).toEqual([false, true]);
  });

  test("no path that is taken leads out of the project or into a hidden folder", () => {
    const part = fc.constantFrom("..", ".", "", ".git", "a", "b.py", "~", "/", "\\", " ", "git~1", "C:");
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const result = editPath(parts.join("/"), { allowTests: true });
        if (!result.ok) return;
        expect(result.value).toMatch(/^[^/.~\\]/);
        expect(result.value.split("/")).not.toContain("..");
        expect(result.value.split("/").some((name) => name.startsWith("."))).toBe(false);
      }),
    );
  });
});

describe("what edits come to", () => {
  const files = { "calc.py": "def add(a, b):\n    return a - b\n\n\ndef sub(a, b):\n    return a - b\n" };
  const whole = (text: string, path = "calc.py"): ProposedEdit => ({ kind: "whole", path, text });
  test.each([
    ["a lazy comment", whole("def add(a, b):\n    return a + b\n\n# ... rest of the code ...\n"), "elided"],
    ["a lazy comment in words", whole("def add(a, b):\n    return a + b\n# existing code unchanged\n"), "elided"],
    ["three dots", whole("def add(a, b):\n    return a + b\n...\n"), "elided"],
    [
      "an ambiguous search",
      { kind: "replace", path: "calc.py", search: "    return a - b\n", replace: "    return a + b\n", line: null },
      "ambiguous",
    ],
    [
      "a search for what is not there",
      { kind: "replace", path: "calc.py", search: "import os\n", replace: "", line: null },
      "not_found",
    ],
    [
      "a file that is not there",
      { kind: "replace", path: "clac.py", search: "x\n", replace: "y\n", line: null },
      "not_found",
    ],
    ["a path out of the project", whole("x", "../calc.py"), "path_refused"],
    ["a huge file", whole("x".repeat(EDIT_LIMITS.fileCharacters + 1)), "too_large"],
    ["bytes that are no text", whole("a\0b"), "binary"],
    ["the same as before", whole(files["calc.py"]), "nothing_changed"],
  ] as const)("%s is refused", (_, edit, code) => {
    expect(planned([edit], files)).toMatchObject({ ok: false, error: { code } });
  });

  test("a misspelt file is told with what it may be", () => {
    const edit = { kind: "replace", path: "clac.py", search: "x\n", replace: "y\n", line: null } as const;
    expect(planned([edit], files)).toMatchObject({
      error: { message: expect.stringContaining('Did you mean "calc.py"?') },
    });
  });

  test("one bad edit refuses the good ones with it", () => {
    expect(planned([whole("x = 1\n", "new.py"), whole("x", "/etc/passwd")], files).ok).toBe(false);
  });

  test("too many files are refused", () => {
    const many = Array.from({ length: EDIT_LIMITS.files + 1 }, (_, index) => whole("x\n", `f${index}.py`));
    expect(planned(many, files)).toMatchObject({ error: { code: "too_large" } });
  });

  test("edits of one file follow one another", () => {
    const edits = [
      {
        kind: "replace",
        path: "calc.py",
        search: "def add(a, b):\n    return a - b\n",
        replace: "def plus(a, b):\n    return a + b\n",
        line: null,
      },
      { kind: "replace", path: "calc.py", search: "def plus(a, b):\n", replace: "def add(a, b):\n", line: null },
    ] as const;
    const plan = planned(edits, files);
    expect(plan.ok && plan.value).toEqual([
      { path: "calc.py", before: files["calc.py"], after: files["calc.py"].replace("a - b", "a + b") },
    ]);
  });

  test("dots that were in the file before are no sign of laziness", () => {
    const stub = { "p.pyi": "def f():\n    ...\n" };
    expect(planned([whole("def f(x):\n    ...\n", "p.pyi")], stub).ok).toBe(true);
  });
});
