// Finds or fetches the pinned Bun. Plain Node (18 or newer) without dependencies: this runs before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const PACKAGES = JSON.parse(readFileSync(fileURLToPath(new URL("./bun-packages.json", import.meta.url)), "utf8"));
const TAR_BLOCK_BYTES = 512;

/** The pinned version, e.g. `1.4.5`. */
export const BUN_VERSION = PACKAGES.version;

/** A set-up failure that a person can act on: printed without a stack. */
export class SetupError extends Error {}

/** What decides which build of Bun runs here. */
export function hostTraits() {
  return {
    platform: process.platform,
    arch: process.arch,
    isMusl: process.platform === "linux" && !process.report.getReport().header.glibcVersionRuntime,
    hasAvx2:
      process.platform !== "linux" ||
      !existsSync("/proc/cpuinfo") ||
      /\bavx2\b/.test(readFileSync("/proc/cpuinfo", "utf8")),
  };
}

/** The npm package (without its `@oven/` scope) that carries Bun for a machine; throws a SetupError where there is none. */
export function runtimePackage(traits) {
  const system = { linux: "linux", darwin: "darwin", win32: "windows" }[traits.platform];
  const machine = { x64: "x64", arm64: "aarch64" }[traits.arch];
  const musl = traits.isMusl ? "-musl" : "";
  const baseline = machine === "x64" && !traits.hasAvx2 ? "-baseline" : "";
  const name = `bun-${system}-${machine}${musl}${baseline}`;
  if (PACKAGES.integrity[name] === undefined) {
    throw new SetupError(
      `Bun ${BUN_VERSION} has no build for ${traits.platform} on ${traits.arch}. It runs on Linux, macOS and Windows, x64 or arm64.`,
    );
  }
  return name;
}

/** Whether `file` is a Bun of the pinned version. */
function isPinned(file) {
  const asked = spawnSync(file, ["--version"], { encoding: "utf8", timeout: 10_000 });
  return asked.status === 0 && asked.stdout.trim() === BUN_VERSION;
}

/** Path of the executable of a package in the cache folder. */
function cachedPath(root, name) {
  const file = name.startsWith("bun-windows") ? "bun.exe" : "bun";
  return join(root, ".cache", "bun", BUN_VERSION, name, file);
}

/** Whether a file lies below the checkout's node_modules, where the next install may remove it. */
function isFleeting(root, file) {
  return realpathSync(file).startsWith(join(realpathSync(root), "node_modules") + sep);
}

/** A Bun of the pinned version: in the checkout's cache or on PATH; `undefined` where there is none. */
export function findRuntime(root) {
  const executable = process.platform === "win32" ? "bun.exe" : "bun";
  const onPath = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const candidates = [
    cachedPath(root, runtimePackage(hostTraits())),
    ...onPath.map((folder) => join(folder, executable)),
  ];
  return candidates.find((file) => existsSync(file) && !isFleeting(root, file) && isPinned(file));
}

/** One file of a tar archive (ustar, POSIX.1-1988: name at 0, size in octal at 124, content padded to 512 bytes). */
function fileInTar(tar, wanted) {
  let offset = 0;
  while (offset + TAR_BLOCK_BYTES <= tar.length) {
    const name = tar.toString("latin1", offset, offset + 100).replace(/\0.*$/, "");
    const size = Number.parseInt(tar.toString("latin1", offset + 124, offset + 136), 8) || 0;
    const start = offset + TAR_BLOCK_BYTES;
    if (name === wanted) return tar.subarray(start, start + size);
    offset = start + Math.ceil(size / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES;
  }
  return undefined;
}

/** Lets npm fetch the package's archive, with the user's own registry and proxy settings; returns its path. */
function packWithNpm(name, folder) {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const spec = `@oven/${name}@${BUN_VERSION}`;
  const packed = spawnSync(npm, ["pack", spec, "--json", "--ignore-scripts", "--pack-destination", folder], {
    encoding: "utf8",
    cwd: folder,
    shell: process.platform === "win32",
  });
  if (packed.error?.code === "ENOENT")
    throw new SetupError("npm is not on PATH. It comes with Node: https://nodejs.org");
  if (packed.status !== 0) {
    const reason = packed.stderr
      .split("\n")
      .filter((line) => line.includes("error"))
      .slice(0, 4)
      .join("\n  ");
    throw new SetupError(
      `npm could not fetch ${spec}.\n  ${reason}\nOffline? Connect once, or put Bun ${BUN_VERSION} on PATH and run this again.`,
    );
  }
  return join(folder, `oven-${name}-${BUN_VERSION}.tgz`);
}

/**
 * The executable of one `@oven/bun-*` package, from the cache or fetched through npm. Install scripts are not needed.
 * The archive must have the sha512 that is pinned in bun-packages.json.
 */
export function fetchRuntime(root, name) {
  const target = cachedPath(root, name);
  if (existsSync(target)) return target;
  const folder = `${join(target, "..")}.${process.pid}.part`;
  mkdirSync(folder, { recursive: true });
  try {
    const archive = readFileSync(packWithNpm(name, folder));
    const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
    if (integrity !== PACKAGES.integrity[name]) {
      throw new SetupError(
        `@oven/${name}@${BUN_VERSION} is not the pinned archive: got ${integrity}, want ${PACKAGES.integrity[name]}.`,
      );
    }
    const file = target.endsWith(".exe") ? "bun.exe" : "bun";
    const content = fileInTar(gunzipSync(archive), `package/bin/${file}`);
    if (content === undefined) throw new SetupError(`@oven/${name}@${BUN_VERSION} holds no bin/${file}.`);
    mkdirSync(join(target, ".."), { recursive: true });
    writeFileSync(join(folder, file), content);
    chmodSync(join(folder, file), 0o755);
    renameSync(join(folder, file), target);
    return target;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The Bun to use: the one found, else the one npm brings. `say` tells the person that a download starts. */
export function ensureRuntime(root, say) {
  const found = findRuntime(root);
  if (found !== undefined) return found;
  const name = runtimePackage(hostTraits());
  say(`Fetching Bun ${BUN_VERSION} (@oven/${name}, about 50 MB, once)`);
  const fetched = fetchRuntime(root, name);
  if (!isPinned(fetched))
    throw new SetupError(`${fetched} does not run on this machine. Remove the folder .cache and report this.`);
  return fetched;
}
