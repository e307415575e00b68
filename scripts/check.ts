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

/** What git says of this folder; null where it is no repository, or there is no git. */
function git(...args: readonly string[]): string | null {
  const done = Bun.spawnSync(["git", ...args], { cwd: ROOT, stdout: "pipe", stderr: "ignore" });
  return done.success ? done.stdout.toString().trim() : null;
}

/** The commit that changes are counted from: the last one, or the one before it where nothing is changed since. */
function base(): string | null {
  const changed = git("status", "--porcelain");
  return changed === null ? null : git("rev-parse", "--verify", "--quiet", changed === "" ? "HEAD~1" : "HEAD");
}

/**
 * The tests that need neither the compiled binary nor many seconds: those of files that a change reaches by imports; all of
 * them with `--all`, and where git does not tell.
 */
function fastTests(isAll: boolean): Step {
  const from = isAll ? null : base();
  const touched = from === null ? [] : [`--changed=${from}`];
  const ignored = SLOW_TESTS.map((glob) => `--path-ignore-patterns=${glob}`);
  return { name: "tests", command: bun("test", "--parallel", "--only-failures", ...touched, ...ignored) };
}

/** `bun run check`: what should hold before a commit, one line a step. */
async function check(args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const results = await runSteps([fastTests(args.includes("--all")), ...STATIC_STEPS], (result) =>
    console.log(describeStep(result)),
  );
  const failed = results.filter((result) => !result.isOk).length;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    failed === 0 ? `All is well (${seconds} s)` : `${failed} of ${results.length} steps failed (${seconds} s)`,
  );
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await check(process.argv.slice(2));
