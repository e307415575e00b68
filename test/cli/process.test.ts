import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VERSION } from "../../src/version.ts";

const MAIN = join(import.meta.dir, "../../src/main.ts");
const HOME = mkdtempSync(join(tmpdir(), "lodestar-process-"));

function environment(more: Record<string, string> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME, LODESTAR_STATE_DIR: join(HOME, "state"), ...more };
}

function spawn(argv: readonly string[], stdin: "ignore" | "pipe" = "ignore") {
  return Bun.spawn([process.execPath, MAIN, ...argv], { env: environment(), stdin, stdout: "pipe", stderr: "pipe" });
}

async function finish(child: ReturnType<typeof spawn>): Promise<{ code: number; out: string; err: string }> {
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

describe("the process", () => {
  test("tells its version without loading anything else", async () => {
    expect(await finish(spawn(["--version"]))).toEqual({ code: 0, out: `${VERSION}\n`, err: "" });
    const imports = new Bun.Transpiler({ loader: "ts" }).scanImports(readFileSync(MAIN, "utf8"));
    const loaded = imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => path);
    expect(loaded).toEqual(["./version.ts"]);
  });

  test("ends with the exit code of what happened, and keeps mistakes off stdout", async () => {
    const wrong = await finish(spawn(["costs", "--nonsense"]));
    expect([wrong.code, wrong.out]).toEqual([2, ""]);
    const down = await finish(spawn(["stop"]));
    expect([down.code, down.out]).toEqual([7, ""]);
  });

  test("writes everything before it ends, however slow the reader of the pipe", async () => {
    const { out, code } = await finish(spawn(["config", "schema"]));
    expect(code).toBe(0);
    expect(out.length).toBeGreaterThan(5_000);
    expect(() => JSON.parse(out) as unknown).not.toThrow();
  });

  test.skipIf(process.platform === "win32")("is quiet when the reader of its output goes away", () => {
    const line = `"${process.execPath}" "${MAIN}" help --man | head -1; echo "\${PIPESTATUS[0]}"`;
    const child = Bun.spawnSync(["bash", "-c", line], { env: environment() });
    expect(child.stdout.toString().split("\n").at(-2)).toBe("0");
    expect(child.stderr.toString()).toBe("");
  });

  test.skipIf(process.platform === "win32")("can be interrupted while it waits for standard input", async () => {
    const child = spawn(["ask"], "pipe");
    const input = child.stdin;
    if (typeof input === "number" || input === undefined) throw new Error("a pipe was asked for");
    // More than a pipe holds: the flush ends only once the process reads, and by then it listens to signals.
    input.write("half a question ".repeat(65_536));
    await input.flush();
    child.kill("SIGINT");
    const code = await child.exited;
    expect(child.signalCode).toBeNull();
    expect(code).toBe(130);
  });
});
