import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "../..");

async function build(): Promise<string> {
  const child = Bun.spawn([process.execPath, join(ROOT, "scripts/build.ts"), "--if-stale"], {
    cwd: ROOT,
    env: { ...process.env, BUN_BE_BUN: "1" },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [code, words] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  if (code !== 0) throw new Error(`the binary could not be built:\n${words}`);
  return join(ROOT, "dist/lodestar");
}

let made: Promise<string> | null = null;

/** Path of the compiled binary that the tests drive: `LODESTAR_BINARY`, else `dist/lodestar`, built where stale. */
export function binaryPath(): Promise<string> {
  const { LODESTAR_BINARY: given } = process.env;
  made ??= given === undefined ? build() : Promise.resolve(resolve(given));
  return made;
}
