import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, parseJson } from "../../src/core/json.ts";
import {
  findDaemon,
  isStateLocked,
  lockState,
  type Ready,
  removeReady,
  writeReady,
} from "../../src/host/state-lock.ts";
import { temporaryFolder } from "./temporary.ts";

const READY: Ready = {
  apiUrl: "http://127.0.0.1:4000",
  adminUrl: "http://127.0.0.1:8080",
  pid: process.pid,
  version: "0.1.0",
  startedAt: 1_700_000_000_000,
};

const PROGRAM = join(import.meta.dir, "programs", "own-state.ts");

async function otherOwner(stateDir: string, mode = "") {
  const child = Bun.spawn([process.execPath, PROGRAM, stateDir, mode], { stdout: "pipe", stderr: "inherit" });
  const reader = child.stdout.getReader();
  const first = await reader.read();
  const said = parseJson(Buffer.from(first.value ?? []).toString());
  if (!isJsonObject(said)) throw new Error("the other process said nothing");
  return { child, said };
}

describe("the one-owner lock", () => {
  test("lets one owner in, within a process too, and the next after a release", () => {
    using folder = temporaryFolder();
    const first = lockState(folder.path);
    expect(first.ok).toBe(true);
    expect(lockState(folder.path)).toMatchObject({
      ok: false,
      error: { code: "state_in_use", owner: { pid: process.pid } },
    });
    expect(isStateLocked(folder.path)).toBe(true);
    if (!first.ok) return;
    first.value.release();
    first.value.release();
    expect(isStateLocked(folder.path)).toBe(false);
    const second = lockState(folder.path);
    expect(second.ok).toBe(true);
    if (second.ok) second.value.release();
  });

  test("keeps its files private", () => {
    using folder = temporaryFolder();
    const lock = lockState(folder.path);
    writeReady(folder.path, READY);
    for (const name of readdirSync(folder.path)) {
      if (process.platform !== "win32") expect(lstatSync(join(folder.path, name)).mode & 0o777).toBe(0o600);
    }
    if (lock.ok) lock.value.release();
    expect(readdirSync(folder.path)).toEqual(["owner.lock"]);
  });

  test("refuses a second process with the pid and the URL of the first", async () => {
    using folder = temporaryFolder();
    const lock = lockState(folder.path);
    writeReady(folder.path, READY);
    const { child, said } = await otherOwner(folder.path);
    expect(await child.exited).toBe(1);
    expect(said).toMatchObject({
      ok: false,
      error: { code: "state_in_use", owner: { pid: process.pid, apiUrl: READY.apiUrl } },
    });
    expect(String(isJsonObject(said.error) ? said.error.message : "")).toContain(
      `pid ${process.pid} at ${READY.apiUrl}`,
    );
    if (lock.ok) lock.value.release();
  });

  test("dies with its process on kill -9, and its ready file is then stale", async () => {
    using folder = temporaryFolder();
    const { child, said } = await otherOwner(folder.path, "ready");
    expect(said).toEqual({ ok: true });
    expect(lockState(folder.path)).toMatchObject({ ok: false, error: { owner: { pid: child.pid } } });
    expect(findDaemon(folder.path)).toMatchObject({ state: "running", ready: { pid: child.pid, version: "1.2.3" } });
    child.kill("SIGKILL");
    await child.exited;
    expect(findDaemon(folder.path)).toMatchObject({ state: "stale", ready: { pid: child.pid } });
    const mine = lockState(folder.path);
    expect(mine.ok).toBe(true);
    expect(existsSync(join(folder.path, "ready.json"))).toBe(false);
    expect(findDaemon(folder.path)).toEqual({ state: "starting", pid: process.pid });
    if (mine.ok) mine.value.release();
  });

  test("survives this process looking at the lock, which must not drop it", async () => {
    using folder = temporaryFolder();
    const lock = lockState(folder.path);
    for (let round = 0; round < 3; round += 1) {
      isStateLocked(folder.path);
      findDaemon(folder.path);
      lockState(folder.path);
    }
    Bun.gc(true);
    const { child, said } = await otherOwner(folder.path);
    await child.exited;
    expect(said).toMatchObject({ ok: false });
    if (lock.ok) lock.value.release();
  });

  test("names the reason when the directory cannot hold a lock", () => {
    using folder = temporaryFolder();
    expect(lockState(join(folder.path, "missing"))).toMatchObject({ ok: false, error: { code: "state_dir_unusable" } });
    writeFileSync(
      join(folder.path, "owner.lock"),
      "this is not a database, and long enough to be read as a header page of one",
    );
    const lock = lockState(folder.path);
    expect(lock).toMatchObject({ ok: false, error: { code: "state_dir_unusable" } });
    if (!lock.ok) expect(lock.error.message).toContain("owner.lock");
  });
});

describe("finding the daemon", () => {
  test("finds none in an empty or missing directory", () => {
    using folder = temporaryFolder();
    expect(findDaemon(folder.path)).toEqual({ state: "none" });
    expect(findDaemon(join(folder.path, "missing"))).toEqual({ state: "none" });
  });

  test("finds one that announced itself, and none announced after it drains", () => {
    using folder = temporaryFolder();
    const lock = lockState(folder.path);
    writeReady(folder.path, READY);
    expect(findDaemon(folder.path)).toEqual({ state: "running", ready: READY });
    removeReady(folder.path);
    expect(findDaemon(folder.path)).toEqual({ state: "starting", pid: process.pid });
    if (lock.ok) lock.value.release();
  });

  test("does not believe a ready file whose process is gone while a command holds the lock", () => {
    using folder = temporaryFolder();
    const lock = lockState(folder.path);
    writeReady(folder.path, { ...READY, pid: 2 ** 30 });
    expect(findDaemon(folder.path)).toMatchObject({ state: "stale" });
    if (lock.ok) lock.value.release();
  });

  const broken = [
    "",
    "{",
    "[]",
    "null",
    '{"pid":1}',
    JSON.stringify({ ...READY, pid: "1" }),
    JSON.stringify({ ...READY, apiUrl: 4 }),
  ];
  for (const content of broken) {
    test(`ignores a ready file that holds ${content.slice(0, 30) || "nothing"}`, () => {
      using folder = temporaryFolder();
      writeFileSync(join(folder.path, "ready.json"), content);
      expect(findDaemon(folder.path)).toEqual({ state: "none" });
    });
  }
});
