import { summaryLine } from "./junit.ts";
import { runTests } from "./test.ts";

/** `bun run test:long`: the suites that take minutes. Ends with a line `N passed, N failed`. */
async function testLong(): Promise<number> {
  const counts = await runTests(["--timeout=900000", "./test/long"]);
  console.log(summaryLine(counts.passed, counts.failed));
  return counts.failed === 0 ? 0 : 1;
}

process.exitCode = await testLong();
