import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRedactor } from "../../src/core/redact.ts";
import { type Clock, systemClock } from "../../src/host/clock.ts";
import { LOG_NAME, type LogFileOptions, logDirectory, openLogFile, rotatedPath } from "../../src/host/log/file.ts";
import { followLog } from "../../src/host/log/follow.ts";
import { temporaryFolder, until } from "./temporary.ts";

function options(directory: string, more: Partial<LogFileOptions> = {}): LogFileOptions & { said: string[] } {
  const said: string[] = [];
  const stderr = { isEchoOn: false, write: (line: string) => void said.push(line) };
  const base = {
    directory,
    level: "info" as const,
    maxBytes: 1_000_000,
    keepFiles: 3,
    redactor: createRedactor(),
    clock: systemClock,
  };
  return { ...base, stderr, said, ...more };
}

/** A timer that never fires by itself. */
function collect(ticks: (() => void)[]): Clock["after"] {
  return (_delayMs, action) => {
    ticks.push(action);
    return () => undefined;
  };
}

function linesOf(directory: string, name = LOG_NAME): Record<string, unknown>[] {
  return readFileSync(join(directory, name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("the log file", () => {
  test("takes lines from its level up, in order, and is private", async () => {
    using folder = temporaryFolder();
    const directory = logDirectory(folder.path);
    const log = openLogFile(options(directory));
    log.write("debug", "not this");
    log.write("info", "one", { n: 1 });
    log.write("error", "two");
    log.setLevel("debug");
    log.write("debug", "three");
    await log.close();
    expect(linesOf(directory).map((line) => line.message)).toEqual(["one", "two", "three"]);
    if (process.platform !== "win32") expect(lstatSync(join(directory, LOG_NAME)).mode & 0o777).toBe(0o600);
  });

  test("takes nothing once it is closed, and counts what came too late", async () => {
    using folder = temporaryFolder();
    const directory = logDirectory(folder.path);
    const log = openLogFile(options(directory));
    log.write("info", "in time");
    await log.close();
    log.write("info", "too late");
    await log.flush();
    expect(linesOf(directory).map((line) => line.message)).toEqual(["in time"]);
    expect(log.health().lost).toBe(1);
  });

  test("writes batches, not lines: nothing reaches the disk within a request", async () => {
    using folder = temporaryFolder();
    const delays: number[] = [];
    const due: (() => void)[] = [];
    const clock: Clock = {
      ...systemClock,
      after: (delayMs, action) => {
        delays.push(delayMs);
        due.push(action);
        return () => undefined;
      },
    };
    const log = openLogFile(options(folder.path, { clock }));
    for (let n = 0; n < 100; n += 1) log.write("info", "line", { n });
    expect(delays).toEqual([50]);
    expect(existsSync(join(folder.path, LOG_NAME))).toBe(false);
    due[0]?.();
    await log.flush();
    expect(linesOf(folder.path).length).toBe(100);
    await log.close();
  });

  test("passes every line through the redactor, in the file and on stderr", async () => {
    using folder = temporaryFolder();
    const given = options(folder.path);
    const echoing = { ...given, stderr: { ...given.stderr, isEchoOn: true } };
    given.redactor.addSecret("canary-of-this-test");
    const log = openLogFile(echoing);
    log.write("warn", "saw canary-of-this-test", {
      deep: [{ header: "Bearer canary-of-this-test" }],
      "x-api-key": "0123",
    });
    await log.close();
    const all = readFileSync(join(folder.path, LOG_NAME), "utf8") + given.said.join("\n");
    expect(all).not.toContain("canary");
    expect(all).not.toContain("0123");
    expect(given.said).toHaveLength(1);
  });

  test("rotates by size, keeps so many files, and loses no line that is kept", async () => {
    using folder = temporaryFolder();
    const log = openLogFile(options(folder.path, { maxBytes: 500, keepFiles: 2 }));
    for (let n = 0; n < 40; n += 1) {
      log.write("info", "rotating", { n, pad: "x".repeat(50) });
      await log.flush();
    }
    await log.close();
    const names = readdirSync(folder.path).sort();
    expect(names).toEqual([LOG_NAME, `${LOG_NAME}.1`, `${LOG_NAME}.2`]);
    const kept = [`${LOG_NAME}.2`, `${LOG_NAME}.1`, LOG_NAME].flatMap((name) =>
      linesOf(folder.path, name).map((line) => Number(line.n)),
    );
    const first = kept[0] ?? 0;
    expect(first).toBeGreaterThan(0);
    expect(kept).toEqual(Array.from({ length: 40 - first }, (_, index) => first + index));
    for (const name of names) expect(lstatSync(join(folder.path, name)).size).toBeLessThanOrEqual(500);
  });

  test("keeps no rotated file when told so", async () => {
    using folder = temporaryFolder();
    const log = openLogFile(options(folder.path, { maxBytes: 100, keepFiles: 0 }));
    for (let n = 0; n < 5; n += 1) {
      log.write("info", "only the newest", { n });
      await log.flush();
    }
    await log.close();
    expect(readdirSync(folder.path)).toEqual([LOG_NAME]);
    expect(linesOf(folder.path).map((line) => line.n)).toEqual([4]);
  });

  test("goes on with a file that is there already, and counts its size", async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, LOG_NAME), `{"message":"${"old".repeat(100)}"}\n`);
    const log = openLogFile(options(folder.path, { maxBytes: 350 }));
    log.write("info", "first");
    await log.flush();
    log.write("info", "second");
    await log.close();
    expect(existsSync(rotatedPath(join(folder.path, LOG_NAME), 1))).toBe(true);
  });

  test("survives a place that cannot be written, says so once, counts, and says in the file what is missing", async () => {
    using folder = temporaryFolder();
    const directory = join(folder.path, "logs");
    writeFileSync(directory, "a file where the folder should be");
    const given = options(directory);
    const log = openLogFile(given);
    for (let n = 0; n < 3; n += 1) {
      log.write("info", "lost", { n });
      await log.flush();
    }
    expect(given.said).toHaveLength(1);
    expect(given.said[0]).toContain("cannot be written");
    expect(log.health().lost).toBe(3);
    expect(log.health().lastError).not.toBeNull();
    rmSync(directory);
    mkdirSync(directory);
    log.write("info", "back");
    await log.close();
    expect(log.health()).toEqual({ lost: 3, lastError: null });
    expect(
      readFileSync(join(directory, LOG_NAME), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ message: "back" }, { message: "log lines were lost", lost: 3 }]);
  });

  test.if(existsSync("/dev/full"))("survives a full disk (skipped without /dev/full)", async () => {
    using folder = temporaryFolder();
    await Bun.$`ln -s /dev/full ${join(folder.path, LOG_NAME)}`.quiet();
    const given = options(folder.path);
    const log = openLogFile(given);
    log.write("info", "lost");
    await log.flush();
    log.write("info", "lost too");
    log.flushNow();
    await log.close();
    expect(log.health().lost).toBe(2);
    expect(log.health().lastError).toContain("ENOSPC");
    expect(given.said).toHaveLength(1);
  });

  test("is bounded in memory while nothing can be written", async () => {
    using folder = temporaryFolder();
    const clock: Clock = { ...systemClock, after: () => () => undefined };
    const log = openLogFile(options(folder.path, { clock }));
    for (let n = 0; n < 3000; n += 1) log.write("info", "x".repeat(4000));
    expect(log.health().lost).toBeGreaterThan(1500);
    await log.close();
    expect(lstatSync(join(folder.path, LOG_NAME)).size).toBeLessThan(4.2 * 1024 * 1024);
  });

  test("gets the last words of a crash out at once", async () => {
    using folder = temporaryFolder();
    const log = openLogFile(options(folder.path));
    log.write("info", "opened");
    await log.flush();
    log.write("error", "dying");
    log.flushNow();
    expect(linesOf(folder.path).map((line) => line.message)).toEqual(["opened", "dying"]);
    await log.close();
  });
});

describe("following the log", () => {
  function numbers(lines: readonly string[]): number[] {
    return lines.map((line) => Number(JSON.parse(line).n));
  }

  async function history(directory: string, count: number): Promise<number[]> {
    const lines: string[] = [];
    for await (const line of followLog({ directory, history: count, isFollowing: false, clock: systemClock }))
      lines.push(line);
    return numbers(lines);
  }

  test("shows the last lines across rotated files", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, LOG_NAME);
    writeFileSync(rotatedPath(path, 2), '{"n":0}\n{"n":1}\n');
    writeFileSync(rotatedPath(path, 1), '{"n":2}\n{"n":3}\n');
    writeFileSync(path, '{"n":4}\n{"n":5}\n');
    expect(await history(folder.path, 3)).toEqual([3, 4, 5]);
    expect(await history(folder.path, 100)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await history(folder.path, 0)).toEqual([]);
  });

  test("shows nothing where there is no log", async () => {
    using folder = temporaryFolder();
    expect(await history(folder.path, 10)).toEqual([]);
  });

  test("repeats and loses nothing over many rotations, and ends when told to", async () => {
    using folder = temporaryFolder();
    const log = openLogFile(options(folder.path, { maxBytes: 2000, keepFiles: 20 }));
    log.write("info", "start", { n: 0 });
    await log.flush();
    const controller = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      const stream = followLog({
        directory: folder.path,
        history: 5,
        isFollowing: true,
        clock: systemClock,
        signal: controller.signal,
      });
      for await (const line of stream) seen.push(line);
    })();
    await until(() => seen.length === 1, "the history");
    for (let n = 1; n <= 200; n += 1) {
      log.write("info", "line ü 漢", { n, pad: "x".repeat(40) });
      await log.flush();
      if (n % 70 === 0) await until(() => seen.length > n - 60, `line ${n - 60}`);
    }
    await until(() => seen.length === 201, "all lines");
    controller.abort();
    await following;
    await log.close();
    expect(numbers(seen)).toEqual(Array.from({ length: 201 }, (_, n) => n));
    expect(readdirSync(folder.path).length).toBeGreaterThan(5);
  });

  test("joins a line, and a character, that arrives in two parts, and notices a file that was emptied", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, LOG_NAME);
    const whole = Buffer.from('{"n":"漢"}\n');
    writeFileSync(path, whole.subarray(0, 7));
    const controller = new AbortController();
    const seen: string[] = [];
    const ticks: (() => void)[] = [];
    const clock: Clock = { ...systemClock, after: collect(ticks) };
    const stream = followLog({
      directory: folder.path,
      history: 5,
      isFollowing: true,
      clock,
      signal: controller.signal,
    });
    const following = (async () => {
      for await (const line of stream) seen.push(line);
    })();
    await until(() => ticks.length === 1, "the first pause");
    writeFileSync(path, whole.subarray(7), { flag: "a" });
    ticks[0]?.();
    await until(() => seen.length === 1, "the whole line");
    await until(() => ticks.length === 2, "the second pause");
    writeFileSync(path, '{"n":2}\n');
    ticks[1]?.();
    await until(() => seen.length === 2, "the line after the file was emptied");
    controller.abort();
    await following;
    expect(seen).toEqual(['{"n":"漢"}', '{"n":2}']);
  });
});
