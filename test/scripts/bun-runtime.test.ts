import { expect, test } from "bun:test";
import { copyFileSync, linkSync, mkdirSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import pinned from "../../scripts/bun-packages.json" with { type: "json" };
import { BUN_VERSION, findRuntime, hostTraits, runtimePackage } from "../../scripts/bun-runtime.mjs";
import { RELEASE_TARGETS } from "../../scripts/release.ts";
import { temporaryFolder } from "../features/update/fixture.ts";

test("one version of Bun is pinned everywhere", () => {
  expect(BUN_VERSION).toBe(pinned.version);
  expect(manifest.packageManager).toBe(`bun@${pinned.version}`);
  expect(manifest.devDependencies["bun-types"]).toBe(pinned.version);
  expect(Bun.version).toBe(pinned.version);
});

test("every package of a release is pinned by its sha512", () => {
  for (const { runtime } of RELEASE_TARGETS) {
    expect(pinned.integrity).toHaveProperty(runtime, expect.stringMatching(/^sha512-[A-Za-z0-9+/]{86}==$/));
  }
});

const linux = { platform: "linux", isMusl: false, hasAvx2: true };
test.each([
  [{ ...linux, arch: "x64" }, "bun-linux-x64"],
  [{ ...linux, arch: "x64", hasAvx2: false }, "bun-linux-x64-baseline"],
  [{ ...linux, arch: "x64", isMusl: true }, "bun-linux-x64-musl"],
  [{ ...linux, arch: "x64", isMusl: true, hasAvx2: false }, "bun-linux-x64-musl-baseline"],
  [{ ...linux, arch: "arm64", hasAvx2: false }, "bun-linux-aarch64"],
  [{ ...linux, arch: "arm64", isMusl: true }, "bun-linux-aarch64-musl"],
  [{ ...linux, platform: "darwin", arch: "arm64" }, "bun-darwin-aarch64"],
  [{ ...linux, platform: "win32", arch: "x64" }, "bun-windows-x64"],
])("for a machine like %j", (traits, want) => expect(runtimePackage(traits)).toBe(want));

test("a machine Bun is not made for is refused in words", () => {
  expect(() => runtimePackage({ ...linux, arch: "riscv64" })).toThrow("no build for linux on riscv64");
  expect(() => runtimePackage({ ...linux, platform: "sunos", arch: "x64" })).toThrow("no build for sunos");
});

test("this machine has a package", () => {
  expect(runtimePackage(hostTraits())).toStartWith("bun-");
});

test("a Bun on PATH is found, but none that the next install may remove", () => {
  using folder = temporaryFolder();
  const path = process.env.PATH;
  const bin = join(folder.path, "node_modules/.bin");
  mkdirSync(bin, { recursive: true });
  linkOrCopy(process.execPath, join(bin, "bun"));
  try {
    process.env.PATH = bin;
    expect(findRuntime(folder.path)).toBeUndefined();
    process.env.PATH = `${bin}${delimiter}${folder.path}`;
    symlinkSync(process.execPath, join(folder.path, "bun"));
    expect(findRuntime(folder.path)).toBe(join(folder.path, "bun"));
  } finally {
    process.env.PATH = path;
  }
});

/** A second name for a file, or a copy on another file system. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
