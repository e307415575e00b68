import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

/** Root of the checkout, with a trailing slash. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A command that a script runs on the checkout. */
export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a step ended. `output` is stdout and stderr together. */
export interface StepResult {
  readonly name: string;
  readonly isOk: boolean;
  readonly output: string;
  readonly durationMs: number;
}

/** Path of a tool that a dependency brought. */
export function tool(name: string): string {
  return `${ROOT}node_modules/.bin/${name}`;
}

/** The Bun that runs this script, under the name by which scripts start it. */
export function bun(...args: readonly string[]): readonly string[] {
  return [process.execPath, ...args];
}

/** Runs one step at the root of the checkout and keeps what it prints. */
export async function runStep(step: Step): Promise<StepResult> {
  const startedAt = performance.now();
  const child = Bun.spawn([...step.command], {
    cwd: ROOT,
    env: { ...process.env, ...step.env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { name: step.name, isOk: code === 0, output: out + err, durationMs: performance.now() - startedAt };
}

/** Runs steps, as many at a time as there are cores but at least two, and reports each as it ends. */
export async function runSteps(steps: readonly Step[], report: (result: StepResult) => void): Promise<StepResult[]> {
  const waiting = [...steps];
  const results: StepResult[] = [];
  const worker = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const result = await runStep(step);
      results.push(result);
      report(result);
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
  return results;
}

/** One line for a step; what it printed only where it failed. */
export function describeStep(result: StepResult): string {
  const seconds = (result.durationMs / 1000).toFixed(1);
  const line = `${result.isOk ? "ok  " : "FAIL"} ${result.name.padEnd(12)} ${seconds.padStart(5)} s`;
  return result.isOk ? line : `${line}\n${result.output.trimEnd()}\n`;
}
