import { describe, expect, test } from "bun:test";
import { classify } from "../../../src/core/repair/classify.ts";
import type { FailureKind } from "../../../src/core/repair/failure-kind.ts";
import { fingerprintOf } from "../../../src/core/repair/fingerprint.ts";
import { plainOutput, shortened } from "../../../src/core/repair/plain-output.ts";

/** Recorded: Python 3.11 (pytest 9, unittest, mypy), Node 20, Bun 1.4, tsc, Go 1.2x, rustc, javac, gcc 12, GNU make 4. */
const RECORDED: readonly (readonly [
  what: string,
  output: string,
  kind: FailureKind,
  subject: string,
  code?: number,
])[] = [
  [
    "pytest, a wrong result",
    ">       assert add(2,3) == 5\nE       assert -1 == 5\nE        +  where -1 = add(2, 3)\n\ntest_a.py:3: AssertionError\nFAILED test_a.py::test_add - assert -1 == 5\n",
    "assertion",
    "assert -1 == 5",
  ],
  [
    "unittest, a wrong result",
    "FAIL: test_x (t.T.test_x)\nTraceback (most recent call last):\nAssertionError: 1 != 2\n\nRan 1 test in 0.000s\n",
    "assertion",
    "AssertionError: 1 != 2",
  ],
  [
    "python, a package",
    "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nModuleNotFoundError: No module named 'requests.adapters'\n",
    "missing-module",
    "requests.adapters",
  ],
  [
    "python, an open bracket",
    "  File \"a.py\", line 1\n    def f(\n         ^\nSyntaxError: '(' was never closed\n",
    "syntax",
    "'(' was never closed",
  ],
  [
    "python, indentation",
    '  File "a.py", line 2\n    x = 1\nIndentationError: unexpected indent\n',
    "syntax",
    "unexpected indent",
  ],
  [
    "python, a thrown error",
    "Traceback (most recent call last):\nE   KeyError: 'name'\n",
    "runtime",
    "KeyError: 'name'",
  ],
  [
    "python, no memory",
    'Traceback (most recent call last):\n  File "a.py", line 1\nMemoryError\n',
    "out-of-memory",
    "",
  ],
  ["python, a port", "OSError: [Errno 98] Address already in use\n", "port-in-use", ""],
  [
    "python, a file of root",
    "PermissionError: [Errno 13] Permission denied: '/etc/shadow'\n",
    "permission",
    "/etc/shadow",
  ],
  [
    "mypy",
    'calc.py:3: error: Incompatible return value type (got "str", expected "int")  [return-value]\nFound 1 error\n',
    "type",
    'Incompatible return value type (got "str", expected "int")  [return-value]',
  ],
  [
    "node, unfinished",
    "/w/b.js:2\n\n\n\nSyntaxError: Unexpected end of input\n    at wrapSafe (node:internal/modules/cjs/loader:1464:18)\n",
    "syntax",
    "Unexpected end of input",
  ],
  [
    "node, a package",
    "node:internal/modules/cjs/loader:1210\n  throw err;\n\nError: Cannot find module 'express/lib/router'\nRequire stack:\n",
    "missing-module",
    "express/lib/router",
  ],
  [
    "node, a port",
    "Error: listen EADDRINUSE: address already in use :::3000\n    at Server.setupListenHandle\n",
    "port-in-use",
    "3000",
  ],
  [
    "node, the heap",
    "\n<--- Last few GCs --->\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n",
    "out-of-memory",
    "",
    134,
  ],
  [
    "node --test",
    "not ok 1 - adds numbers\n  ---\n  error: '1 == 2'\n  code: 'ERR_ASSERTION'\n",
    "assertion",
    "adds numbers",
  ],
  [
    "bun test",
    "error: expect(received).toBe(expected)\n\nExpected: 3\nReceived: 2\n\n      at <anonymous> (/w/a.test.ts:2:31)\n(fail) adds [0.28ms]\n",
    "assertion",
    "adds [0.28ms]",
  ],
  ["bun, a package", 'error: Cannot find package "left-pad" from "/w/a.ts"\n', "missing-module", "left-pad"],
  ["bun, a script", 'error: Script not found "tset"\n', "missing-command", "tset"],
  [
    "jest",
    "FAIL ./sum.test.js\n  ● adds 1 + 2\n\n    expect(received).toBe(expected) // Object.is equality\n",
    "assertion",
    "./sum.test.js",
  ],
  [
    "vitest",
    " FAIL  src/a.test.ts > adds\nAssertionError: expected 3 to be 4 // Object.is equality\n",
    "assertion",
    "AssertionError: expected 3 to be 4 // Object.is equality",
  ],
  [
    "vite, an import",
    'Error: Failed to resolve import "@acme/ui/button" from "src/a.ts". Does the file exist?\n',
    "missing-module",
    "@acme/ui/button",
  ],
  [
    "tsc, a type",
    "src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.\n",
    "type",
    "Type 'string' is not assignable to type 'number'.",
  ],
  ["tsc, a bracket", "src/a.ts(3,7): error TS1005: ')' expected.\n", "syntax", "')' expected."],
  [
    "eslint",
    "/w/a.js\n  1:5  error  'x' is assigned a value but never used  no-unused-vars\n\n✖ 1 problem\n",
    "lint",
    "'x' is assigned a value but never used  no-unused-vars",
  ],
  ["ruff", "calc.py:1:8: F401 [*] `os` imported but unused\n", "lint", "[*] `os` imported but unused"],
  ["npm, no such command", "\n> app@1.0.0 test\n> jest\n\nsh: 1: jest: not found\n", "missing-command", "jest", 127],
  ["go test", "--- FAIL: TestA (0.00s)\n    a_test.go:3: got 1\nFAIL\nFAIL\tx\t0.002s\n", "assertion", "TestA (0.00s)"],
  ["go build", "# example.com/x\n./main.go:5:2: undefined: fmtt\n", "type", "undefined: fmtt"],
  [
    "go, a syntax error",
    "# x\n./main.go:4:1: syntax error: non-declaration statement outside function body\n",
    "syntax",
    "non-declaration statement outside function body",
  ],
  [
    "go, a package",
    "main.go:3:8: no required module provides package github.com/spf13/cobra; to add it:\n\tgo get github.com/spf13/cobra\n",
    "missing-module",
    "github.com/spf13/cobra",
  ],
  [
    "go, a crash",
    "panic: runtime error: index out of range [3] with length 3\n\ngoroutine 1 [running]:\n",
    "runtime",
    "runtime error: index out of range [3] with length 3",
  ],
  ["rustc, a type", "error[E0308]: mismatched types\n --> m.rs:1:25\n", "type", "mismatched types"],
  ["cargo, a crate", "error[E0432]: unresolved import `serde`\n --> src/main.rs:1:5\n", "missing-module", "serde"],
  ["rustc, a bracket", "error: this file contains an unclosed delimiter\n --> m.rs:1:15\n", "syntax", "delimiter"],
  [
    "cargo test",
    "running 1 test\ntest tests::adds ... FAILED\n\nthread 'tests::adds' (7) panicked at src/lib.rs:9:9:\nassertion `left == right` failed\n",
    "assertion",
    "assertion `left == right` failed",
  ],
  [
    "javac, a type",
    "A.java:1: error: incompatible types: String cannot be converted to int\n",
    "type",
    "incompatible types: String cannot be converted to int",
  ],
  [
    "javac, the end",
    "A.java:9: error: reached end of file while parsing\n",
    "syntax",
    "reached end of file while parsing",
  ],
  ["javac, a library", "A.java:1: error: package org.junit does not exist\n", "missing-module", "org.junit"],
  [
    "Maven",
    "[ERROR] Tests run: 3, Failures: 1, Errors: 0, Skipped: 0\n",
    "assertion",
    "Tests run: 3, Failures: 1, Errors: 0, Skipped: 0",
  ],
  [
    "gcc, a name",
    "a.c: In function 'main':\na.c:1:20: error: 'x' undeclared (first use in this function)\n",
    "type",
    "'x' undeclared (first use in this function)",
  ],
  ["gcc, a semicolon", "a.c:1:21: error: expected ';' before '}' token\n", "syntax", "expected ';' before '}' token"],
  [
    "gcc, a header",
    "a.c:1:10: fatal error: openssl/ssl.h: No such file or directory\n",
    "missing-module",
    "openssl/ssl.h",
  ],
  [
    "ld",
    "/usr/bin/ld: /tmp/ccX.o: in function `main':\na.c:(.text+0x9): undefined reference to `helper'\n",
    "type",
    "helper",
  ],
  [
    "an assert in C",
    "t: t.c:9: main: Assertion `add(1, 2) == 3' failed.\nAborted (core dumped)\n",
    "assertion",
    "Assertion `add(1, 2) == 3' failed.",
  ],
  ["make, a separator", "Makefile:2: *** missing separator.  Stop.\n", "syntax", "missing separator.  Stop."],
  [
    "make, a command",
    "gc -o a a.c\nmake: gc: No such file or directory\nmake: *** [Makefile:2: all] Error 127\n",
    "missing-command",
    "gc",
  ],
  ["a lost connection", "FetchError: request to http://x failed, reason: socket hang up\n", "network", ""],
  ["a full disk", "tar: a: Cannot write: No space left on device\n", "disk-full", ""],
  ["killed, with no words", "", "out-of-memory", "", 137],
  ["not executable", "", "permission", "", 126],
  ["nothing told", "it did not work\n", "unknown", ""],
];

const ENVIRONMENT: readonly FailureKind[] = [
  "missing-command",
  "missing-module",
  "port-in-use",
  "permission",
  "out-of-memory",
  "disk-full",
  "network",
];

describe("a failure is told by its output", () => {
  test.each(RECORDED)("%s", (_, output, kind, subject, exitCode = 1) => {
    const failure = classify({ exitCode, isTimedOut: false, output });
    expect([failure.kind, failure.subject]).toEqual([kind, subject]);
    expect(failure.isEnvironment).toBe(ENVIRONMENT.includes(kind));
    expect(failure.fix !== "").toBe(failure.isEnvironment);
  });

  test("colours do not hide it", () => {
    const output = "\u001b[31mE       assert \u001b[1m1\u001b[0m == 2\u001b[0m\n";
    expect(classify({ exitCode: 1, isTimedOut: false, output }).subject).toBe("assert 1 == 2");
  });

  test("what ran out of time is a time-out, whatever it wrote", () => {
    expect(classify({ exitCode: 137, isTimedOut: true, output: "MemoryError\n" }).kind).toBe("timeout");
  });

  test("a module of the project that is not found is a fault of the code", () => {
    const end = { exitCode: 1, isTimedOut: false, output: "ModuleNotFoundError: No module named 'helpr'\n" };
    expect(classify(end, (name) => name === "helpr")).toMatchObject({
      kind: "missing-module",
      isEnvironment: false,
      fix: "",
    });
  });

  test("a relative module that is not found is a fault of the code", () => {
    const end = { exitCode: 1, isTimedOut: false, output: "Error: Cannot find module './sumz'\nRequire stack:\n" };
    expect(classify(end).isEnvironment).toBe(false);
  });
});

describe("the fingerprint of a failure", () => {
  const output = (more: { time: string; dir: string; line: number; address: string; got: number }): string =>
    `${more.time} collected 2 items\n${more.dir}/calc.py:${more.line}: AssertionError: <X object at ${more.address}> got ${more.got}\n1 failed in ${more.time.slice(-2)}.02s\n`;
  const first = output({ time: "2026-11-23T01:02:03", dir: "/home/a/work", line: 3, address: "0x7f00", got: 1 });

  test("is the same at another time, place, line and address", () => {
    const again = output({
      time: "2026-11-24T11:12:13",
      dir: "/var/state/runs/x.tree",
      line: 8,
      address: "0x7abc",
      got: 1,
    });
    expect(fingerprintOf(again)).toBe(fingerprintOf(first));
  });

  test("is another where a test finds another value", () => {
    const other = output({ time: "2026-11-23T01:02:03", dir: "/home/a/work", line: 3, address: "0x7f00", got: 2 });
    expect(fingerprintOf(other)).not.toBe(fingerprintOf(first));
  });

  test("does not depend on the order in which tests fail", () => {
    expect(fingerprintOf("(fail) a [1.20ms]\n(fail) b [0.3ms]\n")).toBe(
      fingerprintOf("(fail) b [7ms]\n(fail) a [9.1ms]\n"),
    );
  });

  test("is of all lines where none tells of a failure", () => {
    expect(fingerprintOf("one\n")).not.toBe(fingerprintOf("two\n"));
  });
});

describe("the output of a program as plain text", () => {
  test("has no escape sequences and only the last state of a line", () => {
    expect(plainOutput("\u001b]0;title\u0007\u001b[1;32mok\u001b[0m\r\n10 %\r50 %\r100 %\nend")).toBe("ok\n100 %\nend");
  });

  test("is cut in the middle at line ends, and says how much is left out", () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index}`).join("\n");
    const cut = shortened(lines, 400);
    expect(cut.length).toBeLessThan(460);
    expect(cut).toMatch(/^line 0\n[\s\S]*\n\[\d+ characters left out\]\n[\s\S]*line 999$/);
    expect(shortened("short", 400)).toBe("short");
  });
});
