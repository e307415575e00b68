import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "../..");
const BINARY = join(ROOT, "dist", process.platform === "win32" ? "lodestar.exe" : "lodestar");
const HAS_BINARY = existsSync(BINARY);
const TEN_MEGABYTES = 10_000_000;
const MEBIBYTE = 2 ** 20;

function git(...words: readonly string[]): Buffer {
  return Bun.spawnSync(["git", "-C", ROOT, ...words]).stdout;
}

/** The newest of this repository's history, again and again until it is long enough. */
function patchOf(bytes: number): Buffer {
  const history = git("log", "-p", "--no-color");
  if (history.length === 0) return history;
  const copies = Array.from({ length: Math.ceil(bytes / history.length) }, () => history);
  return Buffer.concat(copies).subarray(0, bytes);
}

interface Measured {
  readonly wallMs: number;
  readonly firstByteMs: number;
  readonly mostBytes: number;
  readonly output: Buffer;
}

async function measure(command: readonly string[], input: Buffer): Promise<Measured> {
  const startedAt = performance.now();
  const env = { ...process.env, TERM: "xterm", COLUMNS: "120" };
  const child = Bun.spawn([...command], {
    stdin: new Blob([new Uint8Array(input)]),
    stdout: "pipe",
    stderr: "ignore",
    env,
    cwd: ROOT,
  });
  let firstByteMs = Number.NaN;
  const chunks: Uint8Array[] = [];
  for await (const chunk of child.stdout) {
    if (chunks.length === 0) firstByteMs = performance.now() - startedAt;
    chunks.push(chunk);
  }
  await child.exited;
  const wallMs = performance.now() - startedAt;
  return { wallMs, firstByteMs, mostBytes: child.resourceUsage()?.maxRSS ?? 0, output: Buffer.concat(chunks) };
}

async function bestOf(count: number, command: readonly string[], input: Buffer): Promise<Measured> {
  let best = await measure(command, input);
  for (let run = 1; run < count; run += 1) {
    const next = await measure(command, input);
    if (next.wallMs < best.wallMs) best = next;
  }
  return best;
}

function row(name: string, { wallMs, firstByteMs, mostBytes }: Measured): string {
  const first = Number.isNaN(firstByteMs) ? "-" : firstByteMs.toFixed(0);
  return `${name.padEnd(34)} ${wallMs.toFixed(0).padStart(7)} ms  first byte ${first.padStart(4)} ms  ${(mostBytes / MEBIBYTE).toFixed(0).padStart(5)} MiB`;
}

describe.skipIf(!HAS_BINARY)("lodestar diff from the binary (skipped where dist/lodestar is not built)", () => {
  test("the whole history of this repository passes byte for byte, in memory that does not grow with it", async () => {
    const history = git("log", "-p", "-m", "--binary");
    const short = await measure([BINARY, "diff", "--risk-threshold", "100"], history.subarray(0, TEN_MEGABYTES));
    const whole = await measure([BINARY, "diff", "--risk-threshold", "100"], history);
    console.log(
      `${(history.length / MEBIBYTE).toFixed(0)} MiB of history\n${row("first 10 MB", short)}\n${row("all of it", whole)}`,
    );
    expect(whole.output.equals(history)).toBe(true);
    expect(whole.mostBytes).toBeLessThan(short.mostBytes + 200 * MEBIBYTE);
  }, 600_000);

  test("10 MB take less than 2 s, beside git and, where it is there, delta", async () => {
    const patch = patchOf(TEN_MEGABYTES);
    const shown = await bestOf(3, [BINARY, "diff", "--color=always"], patch);
    const rows = [
      row("lodestar diff, passing", await bestOf(3, [BINARY, "diff"], patch)),
      row("lodestar diff --color=always", shown),
      row("lodestar diff --filter", await bestOf(3, [BINARY, "diff", "--filter"], patch)),
      row("lodestar diff --json", await bestOf(3, [BINARY, "diff", "--json"], patch)),
      row(
        "git log -p --color=always",
        await bestOf(3, ["git", "log", "-p", "--color=always", "-n", "400"], Buffer.of()),
      ),
      ...(Bun.which("delta") === null
        ? ["delta is not installed"]
        : [row("delta", await bestOf(3, ["delta", "--paging=never"], patch))]),
    ];
    console.log(`10 MB of patch, best of 3\n${rows.join("\n")}`);
    expect(shown.wallMs).toBeLessThan(2_000);
  }, 600_000);

  test("the first byte of a small patch comes within 50 ms", async () => {
    const patch = patchOf(20_000);
    for (const words of [["diff"], ["diff", "--filter"]]) {
      const runs: number[] = [];
      for (let run = 0; run < 7; run += 1) runs.push((await measure([BINARY, ...words], patch)).firstByteMs);
      const best = Math.min(...runs);
      console.log(`lodestar ${words.join(" ")}: first byte after ${best.toFixed(0)} ms (best of ${runs.length})`);
      expect(best).toBeLessThan(50);
    }
  });
});
