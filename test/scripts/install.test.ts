import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assetName, thisMachine } from "../../src/features/update/asset.ts";
import {
  fakeBinary,
  serveFolder,
  temporaryFolder,
  textOf,
  writeExecutable,
  writeRelease,
} from "../features/update/fixture.ts";

const SCRIPT = join(import.meta.dir, "../../scripts/install.sh");
const ASSET = assetName(thisMachine()) ?? "";
const isPosix = process.platform !== "win32";

/** Runs install.sh with a home folder of its own. */
async function install(home: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = Bun.spawn(["sh", SCRIPT, ...args], {
    env: { PATH: process.env.PATH ?? "", HOME: home, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const talk = await new Response(child.stderr).text();
  return { code: await child.exited, talk };
}

describe.skipIf(!isPosix)("install.sh (skipped where there is no POSIX shell)", () => {
  test("installs the file for this machine from a folder into ~/.local/bin", async () => {
    using folder = temporaryFolder();
    const release = writeRelease(join(folder.path, "release"), "1.0.0", { [ASSET]: fakeBinary("1.0.0") });
    const run = await install(folder.path, ["--from", release]);
    expect(run).toEqual({ code: 0, talk: expect.stringContaining("Lodestar 1.0.0 is installed") });
    expect(textOf(join(folder.path, ".local/bin/lodestar"))).toBe(fakeBinary("1.0.0"));
    expect(readdirSync(join(folder.path, ".local/bin"))).toEqual(["lodestar"]);
  });

  test("installs from a web server, keeps the previous binary, and uninstalls both", async () => {
    using folder = temporaryFolder();
    const bin = join(folder.path, "bin");
    const release = writeRelease(join(folder.path, "release"), "1.1.0", { [ASSET]: fakeBinary("1.1.0") });
    mkdirSync(bin);
    writeExecutable(join(bin, "lodestar"), fakeBinary("1.0.0"));
    using server = serveFolder(release);
    expect((await install(folder.path, ["--from", server.url, "--dir", bin])).code).toBe(0);
    expect(textOf(join(bin, "lodestar"))).toBe(fakeBinary("1.1.0"));
    expect(textOf(join(bin, "lodestar.previous"))).toBe(fakeBinary("1.0.0"));
    expect((await install(folder.path, ["--uninstall", "--dir", bin])).code).toBe(0);
    expect(readdirSync(bin)).toEqual([]);
  });

  test("takes a certain version from the folder of its name", async () => {
    using folder = temporaryFolder();
    writeRelease(join(folder.path, "release/0.9.0"), "0.9.0", { [ASSET]: fakeBinary("0.9.0") });
    const run = await install(folder.path, ["--from", join(folder.path, "release"), "--version", "0.9.0"]);
    expect(run.talk).toContain("Lodestar 0.9.0 is installed");
  });

  test.skipIf(process.arch !== "x64" || process.platform !== "linux")(
    "takes the baseline build on a processor without AVX2 (skipped elsewhere than on Linux x64)",
    async () => {
      using folder = temporaryFolder();
      const baseline = `${ASSET.replace("-baseline", "")}-baseline`;
      const release = writeRelease(join(folder.path, "release"), "1.0.0", { [baseline]: fakeBinary("1.0.0") });
      writeFileSync(join(folder.path, "cpuinfo"), "flags : sse2 avx\n");
      const run = await install(folder.path, ["--from", release], { LODESTAR_CPUINFO: join(folder.path, "cpuinfo") });
      expect(run).toEqual({ code: 0, talk: expect.stringContaining(baseline) });
    },
  );

  test.skipIf(process.platform !== "linux")(
    "takes the musl build where ldd says musl (skipped elsewhere than on Linux)",
    async () => {
      using folder = temporaryFolder();
      const musl = ASSET.includes("-musl") ? ASSET : ASSET.replace(/(x64|arm64)/, "$1-musl");
      const release = writeRelease(join(folder.path, "release"), "1.0.0", { [musl]: fakeBinary("1.0.0") });
      mkdirSync(join(folder.path, "tools"));
      writeExecutable(join(folder.path, "tools/ldd"), "#!/bin/sh\necho 'musl libc (x86_64)' >&2\nexit 1\n");
      const path = `${join(folder.path, "tools")}:${process.env.PATH}`;
      const run = await install(folder.path, ["--from", release], { PATH: path });
      expect(run).toEqual({ code: 0, talk: expect.stringContaining(musl) });
    },
  );

  const tampered = (release: string): void => writeFileSync(join(release, ASSET), fakeBinary("evil"));
  const REFUSALS: readonly (readonly [
    title: string,
    content: string,
    spoil: (release: string) => void,
    say: string,
  ])[] = [
    ["whose checksum differs", fakeBinary("1.0.0"), tampered, "is not what SHA256SUMS promises"],
    ["that does not run here", fakeBinary("1.0.0", 1), () => undefined, "does not run on this machine"],
  ];
  for (const [title, content, spoil, words] of REFUSALS) {
    test(`installs nothing of a file ${title}, and leaves what was there`, async () => {
      using folder = temporaryFolder();
      const bin = join(folder.path, ".local/bin");
      mkdirSync(bin, { recursive: true });
      writeExecutable(join(bin, "lodestar"), "old");
      const release = writeRelease(join(folder.path, "release"), "1.0.0", { [ASSET]: content });
      spoil(release);
      const run = await install(folder.path, ["--from", release]);
      expect(run).toEqual({ code: 1, talk: expect.stringContaining(words) });
      expect(readdirSync(bin)).toEqual(["lodestar"]);
      expect(textOf(join(bin, "lodestar"))).toBe("old");
    });
  }

  test.each([
    [["--from", "http://releases.example"], "is refused"],
    [["--from", "/nonexistent-release"], "has no VERSION"],
    [["--frm", "x"], "unknown option --frm"],
    [["--from"], "--from needs a value"],
    [[], "name where the release lies"],
    [["--uninstall"], "there is no lodestar in"],
  ] as const)("%p is refused with a reason", async (args, words) => {
    using folder = temporaryFolder();
    const run = await install(folder.path, args);
    expect(run).toEqual({ code: 1, talk: expect.stringContaining(words) });
    expect(existsSync(join(folder.path, ".local/bin/lodestar"))).toBe(false);
  });
});
