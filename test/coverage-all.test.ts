import { expect, test } from "bun:test";
import { join } from "node:path";

const SOURCE = join(import.meta.dir, "../src");
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "exit", "uncaughtException", "unhandledRejection"];

/** Effects of importing that a later import could not undo. */
function footprint(): object {
  return {
    listeners: SIGNALS.map((name) => process.listenerCount(name)),
    environment: { ...process.env },
    folder: process.cwd(),
    exitCode: process.exitCode,
  };
}

test("every source file can be imported without an effect", async () => {
  const files = [...new Bun.Glob("**/*.ts").scanSync(SOURCE)].filter((file) => !file.endsWith(".d.ts")).sort();
  const before = footprint();
  for (const file of files) expect(await import(join(SOURCE, file)), file).toBeObject();
  expect(footprint()).toEqual(before);
  expect(files.length).toBeGreaterThan(200);
});
