import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { NO_DATA_REASON } from "../features/routing-eval/kit.ts";

const ROOT = join(import.meta.dir, "../..");
const LONG_MS = 900_000;

/** Runs a program of this checkout; `LODESTAR_TEST_DATA` is passed on. */
async function runScript(args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  const child = Bun.spawn([process.execPath, ...args], { cwd: ROOT, stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, said: out + err };
}

describe(`the router's weights and figures ${NO_DATA_REASON}`, () => {
  test.skipIf(NO_DATA_REASON !== "").each([
    ["the classifier's weights and card", ["scripts/train-router.ts", "--check"]],
    ["difficulty's weights and card", ["scripts/train-difficulty.ts", "--check"]],
  ] as const)(
    "%s are what the recorded data give, byte by byte",
    async (_, args) => {
      const { code, said } = await runScript(args);
      expect(said).toContain("are what the data give");
      expect(code).toBe(0);
    },
    LONG_MS,
  );

  test.skipIf(NO_DATA_REASON !== "")(
    "no figure of routing is worse than the one that it shipped with",
    async () => {
      const { code, said } = await runScript(["src/main.ts", "eval", "routing"]);
      console.log(said.trim());
      expect(said).not.toContain("routing_got_worse");
      expect(code).toBe(0);
    },
    LONG_MS,
  );
});
