import { mkdirSync } from "node:fs";
import { STATIC_STEPS } from "./check.ts";
import { countTests, skippedTests, summaryLine, type TestCounts } from "./junit.ts";
import { bun, describeStep, ROOT, runSteps, type Step } from "./step.ts";

const REPORT = `${ROOT}.cache/junit.xml`;
const BUILD: Step = { name: "build", command: bun("scripts/build.ts", "--if-stale") };

/** Runs the test files below the given paths with their output straight through, names what was skipped, and counts. */
export async function runTests(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<TestCounts> {
  mkdirSync(`${ROOT}.cache`, { recursive: true });
  await Bun.file(REPORT)
    .delete()
    .catch(() => undefined);
  const child = Bun.spawn([...bun("test", "--reporter=junit", `--reporter-outfile=${REPORT}`), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  });
  const code = await child.exited;
  const report = Bun.file(REPORT);
  const xml = (await report.exists()) ? await report.text() : "";
  for (const line of skippedTests(xml)) console.log(line);
  return countTests(xml, code === 0);
}

/** A timeout ends what hangs; no test fails because its machine is slow. Bun's own 5 s are less than `eventually` waits. */
const TIMEOUT = "--timeout=60000";

/** The long suites that are worth a small sample every time: seconds, not minutes. */
const SAMPLED = ["simulation", "fuzz-requests", "fuzz-streams"].map((name) => `./test/long/${name}.test.ts`);

/** `npm test`: the checks, the build and every test but the long suites. Ends with a line `N passed, N failed`. */
async function testAll(): Promise<number> {
  const steps = await runSteps([BUILD, ...STATIC_STEPS], (result) => console.log(describeStep(result)));
  const brokenSteps = steps.filter((step) => !step.isOk).length;
  const tests = await runTests(["--only-failures", TIMEOUT, "--path-ignore-patterns=**/test/{long,clients}/**"]);
  const samples = await runTests(["--only-failures", TIMEOUT, ...SAMPLED], { LODESTAR_LONG_COUNT: "500" });
  const failed = brokenSteps + tests.failed + samples.failed;
  console.log(summaryLine(steps.length - brokenSteps + tests.passed + samples.passed, failed));
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await testAll();
