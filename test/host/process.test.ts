import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/host/clock.ts";
import { LIBC_PATHS, libcCandidates, openLibc } from "../../src/host/libc.ts";
import {
  currentFetchCap,
  detach,
  raiseFetchCap,
  selfCommand,
  signalDaemon,
  waitUntilGone,
} from "../../src/host/process.ts";
import { isProcessAlive } from "../../src/host/process-alive.ts";
import { findDaemon } from "../../src/host/state-lock.ts";
import { temporaryFolder } from "./temporary.ts";

const PROGRAMS = join(import.meta.dir, "programs");
const isPosix = process.platform !== "win32";

function withoutCap(): Record<string, string | undefined> {
  return { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: undefined, FIRST_PID: undefined };
}

describe("the cap on outgoing requests", () => {
  const caps: [string | undefined, number][] = [
    [undefined, 256],
    ["", 256],
    ["banana", 256],
    ["-4", 256],
    ["1.5", 256],
    ["1024", 1024],
  ];
  for (const [value, expected] of caps) {
    test(`is ${expected} when the variable is ${JSON.stringify(value)}`, () => {
      expect(currentFetchCap({ BUN_CONFIG_MAX_HTTP_REQUESTS: value })).toBe(expected);
    });
  }

  test.if(isPosix)("is lifted by a restart in place that keeps pid and arguments", async () => {
    const args = ["300", "an argument with spaces", "--flag=ü"];
    const child = Bun.spawn([process.execPath, join(PROGRAMS, "raise-cap.ts"), ...args], { env: withoutCap() });
    const said = JSON.parse(await new Response(child.stdout).text());
    expect(said).toEqual({ outcome: "already-set", most: 300, isSamePid: true, cap: 16_384, args });
  });

  test("is left alone when it is already set", async () => {
    const before = process.env.BUN_CONFIG_MAX_HTTP_REQUESTS;
    process.env.BUN_CONFIG_MAX_HTTP_REQUESTS = "300";
    expect(await raiseFetchCap()).toBe("already-set");
    if (before === undefined) delete process.env.BUN_CONFIG_MAX_HTTP_REQUESTS;
    else process.env.BUN_CONFIG_MAX_HTTP_REQUESTS = before;
  });
});

describe("the C library", () => {
  test("is only ever loaded by an absolute path from the fixed list", () => {
    const all = Object.values(LIBC_PATHS).flat();
    expect(all.length).toBeGreaterThan(5);
    for (const path of all) expect(path).toMatch(/^\/(usr\/)?lib(64)?\/[\w./-]+$/);
    for (const path of libcCandidates(process.platform, "")) expect(all).toContain(path);
  });

  test("and the NVIDIA driver's are the only ones loaded, each in one place", () => {
    const root = join(import.meta.dir, "..", "..", "src");
    const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const users = files.filter((name) => readFileSync(join(root, name), "utf8").includes("dlopen("));
    expect(users.sort()).toEqual([join("host", "gpu", "nvml.ts"), join("host", "libc.ts")]);
  });

  test("is musl's for a process that runs on musl, and nothing where none is known", () => {
    for (const path of libcCandidates("linux", "7f00 /lib/ld-musl-x86_64.so.1")) expect(path).toContain("musl");
    for (const path of libcCandidates("linux", "7f00 /usr/lib/libc.so.6")) expect(path).not.toContain("musl");
    expect(libcCandidates("darwin", "")).toEqual(LIBC_PATHS.darwin);
    expect(libcCandidates("win32", "")).toEqual([]);
  });

  test.if(process.platform === "linux")("answers a call", () => {
    const libc = openLibc({ getpid: { args: [], returns: "i32" } });
    expect(libc?.symbols.getpid()).toBe(process.pid);
  });

  test("is not opened for functions that it does not have", () => {
    expect(openLibc({ no_such_function_at_all: { args: [], returns: "i32" } })).toBeNull();
  });
});

describe("processes", () => {
  test("are alive or not", async () => {
    expect(isProcessAlive(process.pid)).toBe(true);
    for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 30]) expect(isProcessAlive(pid)).toBe(false);
    const child = Bun.spawn([process.execPath, "-e", "setInterval(() => {}, 1000)"]);
    expect(isProcessAlive(child.pid)).toBe(true);
    expect(signalDaemon(child.pid, "SIGKILL")).toBe("sent");
    expect(await waitUntilGone(child.pid, 5000, systemClock)).toBe(true);
    await child.exited;
    expect(signalDaemon(child.pid)).toBe("gone");
  });

  test("that do not end are reported after the deadline", async () => {
    expect(await waitUntilGone(process.pid, 40, systemClock)).toBe(false);
  });

  test("start themselves again by their own binary", () => {
    const command = selfCommand(["serve", "--port", "0"]);
    expect(command[0]).toBe(process.execPath);
    expect(command.slice(-3)).toEqual(["serve", "--port", "0"]);
  });
});

describe("a detached start", () => {
  function options(path: string, mode: string, timeoutMs = 10_000) {
    const command = [process.execPath, join(PROGRAMS, "own-state.ts"), path, mode];
    return { command, stateDir: path, output: join(path, "logs", "start.log"), timeoutMs, clock: systemClock };
  }

  test("returns once the daemon serves, which lives on in a session of its own", async () => {
    using folder = temporaryFolder();
    const started = await detach(options(folder.path, "ready"));
    expect(started).toMatchObject({ ok: true, value: { apiUrl: "http://127.0.0.1:4000" } });
    if (!started.ok) return;
    const { pid } = started.value;
    if (process.platform === "linux") {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [group, session] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(3, 5);
      expect([group, session]).toEqual([String(pid), String(pid)]);
    }
    expect(findDaemon(folder.path).state).toBe("running");
    expect(signalDaemon(pid)).toBe("sent");
    expect(await waitUntilGone(pid, 5000, systemClock)).toBe(true);
  });

  test("tells the exit code and the last lines of one that fails", async () => {
    using folder = temporaryFolder();
    expect(await detach(options(folder.path, "fail"))).toEqual({
      ok: false,
      error: {
        message: "The daemon ended before it was ready, with exit code 3.",
        tail: "first line\nport 4000 is taken",
      },
    });
  });

  test("gives up on one that never gets ready, and ends it", async () => {
    using folder = temporaryFolder();
    const outcome = await detach(options(folder.path, "hang", 600));
    expect(outcome).toMatchObject({ ok: false });
    if (!outcome.ok) expect(outcome.error.message).toContain("did not get ready");
  });

  test("says so when there is no such program", async () => {
    using folder = temporaryFolder();
    const outcome = await detach({ ...options(folder.path, "ready"), command: [join(folder.path, "nothing")] });
    expect(outcome).toMatchObject({ ok: false });
    if (!outcome.ok) expect(outcome.error.message).toContain("could not be started");
  });
});
