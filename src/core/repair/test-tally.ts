import { plainOutput } from "./plain-output.ts";

/** What a test run counted. */
export interface TestTally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

function sumOf(text: string, pattern: RegExp): number | null {
  let sum: number | null = null;
  for (const match of text.matchAll(pattern)) {
    const found = match.slice(1).find((group) => group !== undefined);
    sum = (sum ?? 0) + Number(found ?? 1);
  }
  return sum;
}

interface Counter {
  readonly passed: RegExp;
  readonly failed: RegExp;
  readonly skipped: RegExp;
  /** Where the tool counts all that ran, and not those that passed. */
  readonly isPassedTotal?: true;
  /** What the output of this tool has besides. */
  readonly requires?: RegExp;
}

const NEVER = /(?!)/g;

/** How each runner counts: pytest, unittest, bun, node, jest, vitest, mocha, cargo, Maven, go (verbose, then by package). */
const COUNTERS: readonly Counter[] = [
  {
    passed: /^=+ .*?\b(\d+) passed/gm,
    failed: /^=+ .*?\b(\d+) (?:failed|errors?)\b/gm,
    skipped: /^=+ .*?\b(\d+) (?:skipped|deselected|xfailed)/gm,
  },
  {
    passed: /^Ran (\d+) tests? in /gm,
    failed: /^FAILED \((?:failures=(\d+)|errors=(\d+))/gm,
    skipped: /skipped=(\d+)/g,
    isPassedTotal: true,
  },
  { passed: /^ *(\d+) pass$/gm, failed: /^ *(\d+) (?:fail|errors?)$/gm, skipped: /^ *(\d+) (?:skip|todo)$/gm },
  {
    passed: /^[#ℹ] pass (\d+)$/gm,
    failed: /^[#ℹ] (?:fail|cancelled) (\d+)$/gm,
    skipped: /^[#ℹ] (?:skipped|todo) (\d+)$/gm,
  },
  {
    passed: /^ *Tests:? .*?\b(\d+) passed/gm,
    failed: /^ *Tests:? .*?\b(\d+) failed/gm,
    skipped: /^ *Tests:? .*?\b(\d+) (?:skipped|todo)/gm,
  },
  { passed: /^ *(\d+) passing\b/gm, failed: /^ *(\d+) failing\b/gm, skipped: /^ *(\d+) pending\b/gm },
  {
    passed: /^test result: .*?(\d+) passed/gm,
    failed: /^test result: .*?(\d+) failed/gm,
    skipped: /^test result: .*?(\d+) ignored/gm,
  },
  {
    passed: /Tests run: (\d+), (?=Failures: \d+, Errors: \d+, Skipped: \d+\s*$)/gm,
    failed: /Failures: ([1-9]\d*), Errors: \d+, Skipped: \d+\s*$/gm,
    skipped: /Skipped: (\d+)\s*$/gm,
    isPassedTotal: true,
  },
  { requires: /^=== RUN /m, passed: /^ *--- PASS: /gm, failed: /^ *--- FAIL: /gm, skipped: /^ *--- SKIP: /gm },
  { passed: /^ok\s+\t\S+/gm, failed: /^FAIL\t\S+/gm, skipped: NEVER },
];

/** How many tests a run says it had; null where it says nothing that is known. */
export function tallyOf(output: string): TestTally | null {
  const text = plainOutput(output);
  for (const counter of COUNTERS) {
    if (counter.requires?.test(text) === false) continue;
    const passed = sumOf(text, counter.passed);
    const failed = sumOf(text, counter.failed);
    if (passed === null && failed === null) continue;
    const skipped = sumOf(text, counter.skipped) ?? 0;
    const ran = counter.isPassedTotal === true ? (passed ?? 0) - (failed ?? 0) - skipped : (passed ?? 0);
    return { passed: Math.max(0, ran), failed: failed ?? 0, skipped };
  }
  return null;
}

/**
 * Why a run that ended well is no proof of a repair: tests that ran before are gone or skipped now. Null where it is one, or
 * where the runs do not say how many tests they had.
 */
export function lostTests(before: TestTally | null, after: TestTally | null): string | null {
  if (before === null) return null;
  if (after === null) return "the tests say no more how many of them ran";
  const wanted = before.passed + before.failed;
  if (after.skipped > before.skipped) return `${after.skipped - before.skipped} more tests are skipped than before`;
  return after.passed < wanted ? `only ${after.passed} tests pass where ${wanted} ran before` : null;
}
