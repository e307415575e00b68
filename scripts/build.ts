import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { compileBinary } from "./compile.ts";
import { ROOT } from "./step.ts";

const FOLDER = `${ROOT}dist`;
const BINARY = `${FOLDER}/${process.platform === "win32" ? "lodestar.exe" : "lodestar"}`;
const STAMP = `${FOLDER}/.inputs`;

/** A digest of everything the binary is made from, by path, size and time of change. */
function inputDigest(): string {
  const folders = ["src/**", "config/router/**", "config/tournament/**"].flatMap((folder) => [
    ...new Bun.Glob(folder).scanSync(ROOT),
  ]);
  const files = [...folders, "package.json", "bun.lock", "scripts/compile.ts"].sort();
  const digest = new Bun.CryptoHasher("sha256").update(process.execPath).update(Bun.version);
  for (const file of files) {
    const { size, mtimeMs } = statSync(`${ROOT}${file}`);
    digest.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return digest.digest("hex");
}

/** `bun run build`: makes `dist/lodestar` for this machine; with `--if-stale` only when a source changed since. */
async function build(args: readonly string[]): Promise<number> {
  const digest = inputDigest();
  const isFresh = existsSync(BINARY) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === digest;
  if (args.includes("--if-stale") && isFresh) return 0;
  mkdirSync(FOLDER, { recursive: true });
  try {
    await compileBinary(BINARY);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
  writeFileSync(STAMP, digest);
  console.error(`[lodestar] Built dist/lodestar (${Math.round(statSync(BINARY).size / 1e6)} MB)`);
  return 0;
}

process.exitCode = await build(process.argv.slice(2));
