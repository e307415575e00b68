import { describe, expect, test } from "bun:test";
import { type CommandPurpose, purposeOf } from "../../../src/core/repair/command-kind.ts";
import { lostTests, tallyOf } from "../../../src/core/repair/test-tally.ts";

const COMMANDS: Readonly<Record<CommandPurpose | "none", readonly string[]>> = {
  test: [
    "pytest -q",
    "python -m pytest tests",
    "python3.12 -m unittest",
    ".venv/bin/pytest",
    "uv run pytest",
    "poetry run python -m pytest",
    "CI=1 npm test",
    "env CI=1 npm t",
    "npm run test:unit",
    "pnpm exec vitest run",
    "npx jest",
    "bunx vitest",
    "bun test",
    "yarn test",
    "node --test",
    "go test ./...",
    "cargo +nightly test",
    "mvn -q test",
    "./gradlew check",
    "make test",
    "make -C sub check",
    "ctest",
    "time go test ./...",
    "deno test",
  ],
  lint: [
    "eslint .",
    "npx eslint src",
    "ruff check",
    "cargo clippy",
    "go vet ./...",
    "npm run lint",
    "biome check",
    "make lint",
  ],
  build: [
    "make",
    "make -j4 CC=clang",
    "tsc -p .",
    "npx tsc --noEmit",
    "npm run build",
    "go build ./...",
    "cargo check",
    "rustc m.rs",
    "javac A.java",
    "gcc a.c -o a",
    "mypy src",
    "bun build a.ts",
    "cmake --build out",
    "python -m py_compile a.py",
    "make out.o",
    "mvn package",
    "gradle",
  ],
  none: [
    "python app.py",
    "node server.js",
    "npm start",
    "npm run deploy",
    "bun run dev",
    "cargo run",
    "go run .",
    "make deploy",
    "rm -rf x",
    "sh",
    "",
    "env",
    "uv sync",
    "docker compose up",
    "vite",
    "cmake -S .",
    "make install",
  ],
};

describe("what a command is for", () => {
  for (const [purpose, lines] of Object.entries(COMMANDS)) {
    test.each([...lines])(`${purpose}: %s`, (line) => {
      expect(purposeOf(line.split(" ").filter((word) => word !== ""))).toBe(
        purpose === "none" ? null : (purpose as CommandPurpose),
      );
    });
  }

  test("a shell's line is judged by its last command", () => {
    expect(purposeOf(["sh", "-c", "cd sub && npm ci && npm test"])).toBe("test");
    expect(purposeOf(["bash", "-lc", "npm test; rm -rf out"])).toBeNull();
  });
});

describe("how many tests ran", () => {
  test.each([
    ["pytest", "== 1 failed, 12 passed, 2 skipped in 0.02s ==", { passed: 12, failed: 1, skipped: 2 }],
    ["unittest", "Ran 5 tests in 0.001s\n\nFAILED (failures=1, skipped=1)", { passed: 3, failed: 1, skipped: 1 }],
    ["bun", " 4 pass\n 1 fail\n 9 expect() calls", { passed: 4, failed: 1, skipped: 0 }],
    ["node", "# tests 3\n# pass 2\n# fail 1\n# skipped 0", { passed: 2, failed: 1, skipped: 0 }],
    ["jest", "Tests:       1 failed, 2 passed, 3 total", { passed: 2, failed: 1, skipped: 0 }],
    ["vitest", "      Tests  1 failed | 2 passed (3)", { passed: 2, failed: 1, skipped: 0 }],
    ["mocha", "  3 passing (9ms)\n  1 failing", { passed: 3, failed: 1, skipped: 0 }],
    [
      "cargo, two crates",
      "test result: ok. 3 passed; 0 failed; 0 ignored\ntest result: FAILED. 1 passed; 2 failed; 1 ignored",
      { passed: 4, failed: 2, skipped: 1 },
    ],
    ["Maven", "Tests run: 5, Failures: 1, Errors: 0, Skipped: 1", { passed: 3, failed: 1, skipped: 1 }],
    [
      "go -v",
      "=== RUN   TestA\n--- PASS: TestA (0.00s)\n--- FAIL: TestB (0.00s)\nFAIL\nFAIL\tx\t0.1s",
      { passed: 1, failed: 1, skipped: 0 },
    ],
    [
      "go, two tests of a package",
      "--- FAIL: TestA (0.00s)\n--- FAIL: TestB (0.00s)\nFAIL\nFAIL\tx/a\t0.1s\nFAIL",
      { passed: 0, failed: 1, skipped: 0 },
    ],
    ["go", "ok  \tx/a\t0.1s\nok  \tx/b\t0.1s", { passed: 2, failed: 0, skipped: 0 }],
  ] as const)("%s", (_, output, tally) => {
    expect(tallyOf(output)).toEqual(tally);
  });

  test("is not known of a compiler", () => {
    expect(tallyOf("a.c:1:1: error: x")).toBeNull();
  });
});

describe("a run that ends well proves nothing", () => {
  const before = { passed: 4, failed: 1, skipped: 0 };
  test.each([
    ["tests are gone", { passed: 4, failed: 0, skipped: 0 }, "only 4 tests pass where 5 ran before"],
    ["tests are skipped", { passed: 5, failed: 0, skipped: 1 }, "1 more tests are skipped"],
    ["nothing is counted any more", null, "say no more"],
  ] as const)("where %s", (_, after, words) => {
    expect(lostTests(before, after)).toContain(words);
  });

  test("and does where all of them, or more, pass", () => {
    expect([lostTests(before, { passed: 6, failed: 0, skipped: 0 }), lostTests(null, null)]).toEqual([null, null]);
  });
});
