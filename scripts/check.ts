import { bun, describeStep, ROOT, runSteps, type Step, tool } from "./step.ts";

/** What needs no test runner: types, style, dead code, generated files. */
export const STATIC_STEPS: readonly Step[] = [
  { name: "types", command: [tool("tsc"), "-p", "."] },
  { name: "lint, format", command: [tool("biome"), "check", "--config-path=.biome.json", "--error-on-warnings", "."] },
  { name: "dead code", command: [process.execPath, `${ROOT}node_modules/knip/bin/knip.js`, "--config", ".knip.json"] },
  { name: "generated", command: bun("scripts/generate.ts", "--check") },
];

/** What `npm test` runs and the fast check leaves out: the binary, whole processes, and sweeps over every recording. */
const SLOW_TESTS = [
  "**/test/{real,long,clients,compose,scripts,features/counter}/**",
  "**/{matrix,recorded-streams,waiting,settle,injection,aider,state-lock,stream,app,open}.test.ts",
];

/** The tests that need neither the compiled binary nor many seconds. */
const FAST_TESTS: Step = {
  name: "tests",
  command: bun("test", "--parallel", "--only-failures", ...SLOW_TESTS.map((glob) => `--path-ignore-patterns=${glob}`)),
};

/** `bun run check`: everything that should hold before a commit, one line a step. */
async function check(): Promise<number> {
  const startedAt = performance.now();
  const results = await runSteps([FAST_TESTS, ...STATIC_STEPS], (result) => console.log(describeStep(result)));
  const failed = results.filter((result) => !result.isOk).length;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    failed === 0 ? `All is well (${seconds} s)` : `${failed} of ${results.length} steps failed (${seconds} s)`,
  );
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await check();
