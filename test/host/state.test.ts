import { describe, expect, test } from "bun:test";
import { chmodSync, lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  adminTokenPath,
  defaultStateDir,
  ensureAdminToken,
  openStateDir,
  readAdminToken,
  type Surroundings,
} from "../../src/host/state.ts";
import { temporaryFolder } from "./temporary.ts";

const isPosix = process.platform !== "win32";
const isRoot = process.getuid?.() === 0;

function modeOf(path: string): string {
  return (lstatSync(path).mode & 0o777).toString(8);
}

describe("the default state directory", () => {
  const cases: [string, Surroundings, string][] = [
    ["follows XDG on Linux", { platform: "linux", env: {}, home: "/home/ada" }, "/home/ada/.local/state/lodestar"],
    [
      "honours XDG_STATE_HOME",
      { platform: "linux", env: { XDG_STATE_HOME: "/var/xdg" }, home: "/home/ada" },
      "/var/xdg/lodestar",
    ],
    [
      "ignores a relative XDG_STATE_HOME, as the specification demands",
      { platform: "linux", env: { XDG_STATE_HOME: "state" }, home: "/home/ada" },
      "/home/ada/.local/state/lodestar",
    ],
    [
      "is the application support folder on macOS",
      { platform: "darwin", env: { XDG_STATE_HOME: "/x" }, home: "/Users/ada" },
      "/Users/ada/Library/Application Support/lodestar",
    ],
    [
      "is below LOCALAPPDATA on Windows",
      { platform: "win32", env: { LOCALAPPDATA: "/c/local" }, home: "/c/ada" },
      "/c/local/lodestar",
    ],
    [
      "is below the profile on Windows without LOCALAPPDATA",
      { platform: "win32", env: {}, home: "/c/ada" },
      "/c/ada/AppData/Local/lodestar",
    ],
    [
      "is what LODESTAR_STATE_DIR says, everywhere",
      { platform: "darwin", env: { LODESTAR_STATE_DIR: "/srv/l" }, home: "/Users/ada" },
      "/srv/l",
    ],
    [
      "is not moved by an empty LODESTAR_STATE_DIR",
      { platform: "linux", env: { LODESTAR_STATE_DIR: "" }, home: "/h" },
      "/h/.local/state/lodestar",
    ],
  ];
  for (const [title, surroundings, expected] of cases) {
    test(title, () => expect(defaultStateDir(surroundings)).toBe(expected));
  }
});

describe("opening a state directory", () => {
  test("creates it and its parents with mode 0700", () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "a", "b");
    expect(openStateDir(path)).toEqual({ ok: true, value: path });
    if (isPosix) expect(modeOf(path)).toBe("700");
  });

  test.if(isPosix)("tightens an empty one and leaves the read bits of a used one alone", () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "state");
    mkdirSync(path, { mode: 0o755 });
    expect(openStateDir(path).ok).toBe(true);
    expect(modeOf(path)).toBe("700");
    writeFileSync(join(path, "file"), "");
    chmodSync(path, 0o755);
    expect(openStateDir(path).ok).toBe(true);
    expect(modeOf(path)).toBe("755");
  });

  for (const mode of [0o770, 0o707, 0o777, 0o720, 0o702]) {
    test.if(isPosix)(`refuses one of mode ${mode.toString(8)} and names the command that mends it`, () => {
      using folder = temporaryFolder();
      const path = join(folder.path, "it's state");
      mkdirSync(path);
      chmodSync(path, mode);
      const opened = openStateDir(path);
      expect(opened).toMatchObject({ ok: false, error: { code: "state_dir_unsafe" } });
      if (opened.ok) return;
      expect(opened.error.message).toContain(`mode ${mode.toString(8)}`);
      const command = opened.error.message.split("Fix it with: ")[1] ?? "";
      expect(Bun.spawnSync(["sh", "-c", command]).exitCode).toBe(0);
      expect(openStateDir(path).ok).toBe(true);
    });
  }

  test.if(isPosix && isRoot)("refuses one of another user, even for root", () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "state");
    mkdirSync(path);
    Bun.spawnSync(["chown", "12345", path]);
    const opened = openStateDir(path);
    expect(opened).toMatchObject({ ok: false, error: { code: "state_dir_unsafe" } });
    if (!opened.ok) expect(opened.error.message).toContain("belongs to user 12345");
  });

  test("refuses a file, and says that it is one", () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "state");
    writeFileSync(path, "");
    const opened = openStateDir(path);
    expect(opened).toMatchObject({ ok: false, error: { code: "state_dir_unusable" } });
    if (!opened.ok) expect(opened.error.message).toContain("is not a directory");
  });

  test("says what is wrong below a file", () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "file"), "");
    const opened = openStateDir(join(folder.path, "file", "state"));
    expect(opened).toMatchObject({ ok: false, error: { code: "state_dir_unusable" } });
    if (!opened.ok) expect(opened.error.message).toContain("--state-dir");
  });
});

describe("the admin token", () => {
  test("holds 256 bits, is private, and is created once", () => {
    using folder = temporaryFolder();
    const first = ensureAdminToken(folder.path);
    expect(first.ok).toBe(true);
    if (!first.ok) return;
    expect(Buffer.from(first.value, "base64url").length).toBe(32);
    if (isPosix) expect(modeOf(adminTokenPath(folder.path))).toBe("600");
    expect(ensureAdminToken(folder.path)).toEqual(first);
    expect(readAdminToken(folder.path)).toEqual(first);
    expect(readFileSync(adminTokenPath(folder.path), "utf8")).toBe(`${first.value}\n`);
  });

  test("differs between two directories", () => {
    using one = temporaryFolder();
    using two = temporaryFolder();
    expect(ensureAdminToken(one.path)).not.toEqual(ensureAdminToken(two.path));
  });

  test.if(isPosix)("is tightened when someone loosened it", () => {
    using folder = temporaryFolder();
    ensureAdminToken(folder.path);
    chmodSync(adminTokenPath(folder.path), 0o644);
    ensureAdminToken(folder.path);
    expect(statSync(adminTokenPath(folder.path)).mode & 0o777).toBe(0o600);
  });

  for (const content of ["", "short", "x".repeat(44), "secret with spaces that is about forty-three"]) {
    test(`is refused when the file holds ${JSON.stringify(content)}, and the text shows nothing of it`, () => {
      using folder = temporaryFolder();
      writeFileSync(adminTokenPath(folder.path), content);
      const read = ensureAdminToken(folder.path);
      expect(read).toMatchObject({ ok: false, error: { code: "state_file_invalid" } });
      if (!read.ok && content !== "") expect(read.error.message).not.toContain(content);
    });
  }

  test("is missing until a daemon has run, and the text says how to get one", () => {
    using folder = temporaryFolder();
    const read = readAdminToken(folder.path);
    expect(read).toMatchObject({ ok: false, error: { code: "state_file_invalid" } });
    if (!read.ok) expect(read.error.message).toContain("lodestar serve");
  });

  test("says so when its directory is gone", () => {
    using folder = temporaryFolder();
    const created = ensureAdminToken(join(folder.path, "missing"));
    expect(created).toMatchObject({ ok: false, error: { code: "state_dir_unusable" } });
  });
});
