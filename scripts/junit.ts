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

function unescapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => named[name] ?? "");
}

/** The skipped tests of a JUnit report, a line for each group of tests: how many, in which file, and the title with the reason. */
export function skippedTests(xml: string): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const [, attributes = ""] of xml.matchAll(/<testcase ([^>]*[^/])>\s*<skipped/g)) {
    const read = (name: string): string => unescapeXml(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "");
    const group = `${read("file")}: ${read("classname")}`;
    groups.set(group, [...(groups.get(group) ?? []), read("name")]);
  }
  return [...groups].map(([group, names]) =>
    names.length === 1 ? `skipped in ${group} > ${names[0]}` : `skipped ${names.length} in ${group}`,
  );
}

/** The last line of every test command of ours. */
export function summaryLine(passed: number, failed: number): string {
  return `${passed} passed, ${failed} failed`;
}
