import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { version } from "../package.json";
import { BUN_VERSION, fetchRuntime } from "./bun-runtime.mjs";
import { compileBinary } from "./compile.ts";
import { type ExecutableKind, executableKindOf } from "./executable-kind.ts";
import { bill, readLock } from "./sbom.ts";
import { ROOT } from "./step.ts";

/** One file of a release. */
export interface ReleaseTarget {
  /** Name of the file. */
  readonly file: string;
  /** The `@oven/…` package whose Bun it contains. */
  readonly runtime: string;
  /** Bun's name of the machine. */
  readonly target: string;
  readonly kind: ExecutableKind;
}

/** What a release consists of, besides SHA256SUMS, VERSION and the SBOM. */
export const RELEASE_TARGETS: readonly ReleaseTarget[] = [
  { file: "lodestar-linux-x64", runtime: "bun-linux-x64", target: "bun-linux-x64", kind: "elf-x64" },
  {
    file: "lodestar-linux-x64-baseline",
    runtime: "bun-linux-x64-baseline",
    target: "bun-linux-x64-baseline",
    kind: "elf-x64",
  },
  { file: "lodestar-linux-x64-musl", runtime: "bun-linux-x64-musl", target: "bun-linux-x64-musl", kind: "elf-x64" },
  {
    file: "lodestar-linux-x64-musl-baseline",
    runtime: "bun-linux-x64-musl-baseline",
    target: "bun-linux-x64-musl-baseline",
    kind: "elf-x64",
  },
  { file: "lodestar-linux-arm64", runtime: "bun-linux-aarch64", target: "bun-linux-arm64", kind: "elf-arm64" },
  {
    file: "lodestar-linux-arm64-musl",
    runtime: "bun-linux-aarch64-musl",
    target: "bun-linux-arm64-musl",
    kind: "elf-arm64",
  },
  { file: "lodestar-darwin-x64", runtime: "bun-darwin-x64", target: "bun-darwin-x64", kind: "macho-x64" },
  { file: "lodestar-darwin-arm64", runtime: "bun-darwin-aarch64", target: "bun-darwin-arm64", kind: "macho-arm64" },
  { file: "lodestar-windows-x64.exe", runtime: "bun-windows-x64", target: "bun-windows-x64", kind: "pe-x64" },
];

function fail(message: string): never {
  throw new Error(message);
}

async function sha256(file: string): Promise<string> {
  const digest = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(file).stream()) digest.update(chunk);
  return digest.digest("hex");
}

/** Builds one file, checks that it is an executable of its machine, and (`isVerified`) that a second build has the same bytes. */
async function releaseOne(target: ReleaseTarget, folder: string, isVerified: boolean): Promise<string> {
  const cross = { target: target.target, runtime: fetchRuntime(ROOT, target.runtime) };
  const file = `${folder}/${target.file}`;
  await compileBinary(file, cross);
  const kind = await executableKindOf(file);
  if (kind !== target.kind) fail(`${target.file} is ${kind}, want ${target.kind}`);
  const digest = await sha256(file);
  if (!isVerified) return digest;
  const again = `${folder}/.again/${target.file}`;
  mkdirSync(`${folder}/.again`, { recursive: true });
  await compileBinary(again, cross);
  const second = await sha256(again);
  rmSync(`${folder}/.again`, { recursive: true });
  return second === digest ? digest : fail(`${target.file} is not reproducible: ${digest}, then ${second}`);
}

/** The licence a package states, where it is a plain SPDX id. */
function licenseOf(name: string): string | undefined {
  const manifest = JSON.parse(readFileSync(`${ROOT}node_modules/${name}/package.json`, "utf8"));
  return typeof manifest.license === "string" ? manifest.license : undefined;
}

/** `bun run release [--verify] [--only SUBSTRING]`: every binary, checksums, version and SBOM in dist/release. */
async function release(args: readonly string[]): Promise<void> {
  const only = args.includes("--only") ? (args[args.indexOf("--only") + 1] ?? "") : "";
  const targets = RELEASE_TARGETS.filter((target) => target.file.includes(only));
  if (targets.length === 0)
    fail(`--only ${only} matches none of ${RELEASE_TARGETS.map(({ file }) => file).join(", ")}`);
  const folder = `${ROOT}dist/release`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const sums: string[] = [];
  for (const target of targets) {
    const digest = await releaseOne(target, folder, args.includes("--verify"));
    console.log(`${digest}  ${target.file}`);
    sums.push(`${digest}  ${target.file}\n`);
  }
  writeFileSync(
    `${folder}/lodestar.cdx.json`,
    bill(readLock(`${ROOT}bun.lock`), { version, bunVersion: BUN_VERSION }, licenseOf),
  );
  writeFileSync(`${folder}/VERSION`, `${version}\n`);
  for (const file of ["VERSION", "lodestar.cdx.json"]) sums.push(`${await sha256(`${folder}/${file}`)}  ${file}\n`);
  writeFileSync(`${folder}/SHA256SUMS`, sums.join(""));
  console.log(`${targets.length} binaries of Lodestar ${version} in dist/release`);
}

if (import.meta.main) {
  try {
    await release(process.argv.slice(2));
  } catch (error) {
    console.error(`release: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
