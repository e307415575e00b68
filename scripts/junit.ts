/** Counts of a test run. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Attribute of the root element `<testsuites …>`, a whole number. */
function rootCount(xml: string, name: string): number | undefined {
  const root = /<testsuites\b[^>]*>/.exec(xml)?.[0];
  const value = root && new RegExp(`\\b${name}="(\\d+)"`).exec(root)?.[1];
  return value === undefined || value === "" ? undefined : Number(value);
}

/**
 * Reads the counts from a JUnit report as `bun test --reporter=junit` writes it. A run that ended badly without a failed test
 * (a file that does not load, a crash) counts as one failure; so does a missing report.
 */
export function countTests(xml: string, isRunOk: boolean): TestCounts {
  const tests = rootCount(xml, "tests");
  const failures = rootCount(xml, "failures");
  const skipped = rootCount(xml, "skipped") ?? 0;
  if (tests === undefined || failures === undefined) return { passed: 0, failed: 1, skipped: 0 };
  return { passed: tests - failures - skipped, failed: failures === 0 && !isRunOk ? 1 : failures, skipped };
}

/** The last line of every test command of ours. */
export function summaryLine(passed: number, failed: number): string {
  return `${passed} passed, ${failed} failed`;
}
