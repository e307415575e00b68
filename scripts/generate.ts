import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { GeneratedFile } from "./generate/providers.ts";
import { ROOT } from "./step.ts";

/** What a generator returns: whole files, or one text whose place its module exports as `…_PATH`. */
type Generated = readonly GeneratedFile[] | string;

type Exports = Readonly<Record<string, unknown>>;

function filesOf(module: Exports, result: Generated): readonly GeneratedFile[] {
  if (typeof result !== "string") return result;
  const place = Object.entries(module).find(([name]) => name.endsWith("_PATH"))?.[1];
  if (typeof place !== "string") throw new Error("a generator returned a text, but its module exports no …_PATH");
  return [{ path: place, text: result }];
}

/**
 * Every generated file of the checkout, as it should be now: what the exported functions `generate…` of each module in
 * `scripts/generate/` return. A new module needs no other line anywhere.
 */
export async function generateAll(): Promise<readonly GeneratedFile[]> {
  const files: GeneratedFile[] = [];
  for (const name of [...new Bun.Glob("*.ts").scanSync(`${ROOT}scripts/generate`)].sort()) {
    const module: Exports = await import(`${ROOT}scripts/generate/${name}`);
    for (const [key, generate] of Object.entries(module)) {
      if (!/^generate[A-Z]/.test(key) || typeof generate !== "function") continue;
      files.push(...filesOf(module, (await generate()) as Generated));
    }
  }
  return files;
}

function textOnDisk(path: string): string | undefined {
  try {
    return readFileSync(`${ROOT}${path}`, "utf8");
  } catch {
    return undefined;
  }
}

/** Generated files whose text on disk is not what the sources say. */
export async function staleFiles(): Promise<readonly GeneratedFile[]> {
  return (await generateAll()).filter(({ path, text }) => textOnDisk(path) !== text);
}

/** `bun run generate`: writes what is stale; with `--check` only names it and fails. */
async function generate(args: readonly string[]): Promise<number> {
  const stale = await staleFiles();
  if (args.includes("--check")) {
    for (const { path } of stale) console.log(`${path} is stale: run \`npm run generate\``);
    return stale.length === 0 ? 0 : 1;
  }
  for (const { path, text } of stale) {
    mkdirSync(dirname(`${ROOT}${path}`), { recursive: true });
    await Bun.write(`${ROOT}${path}`, text);
    console.log(`wrote ${path}`);
  }
  return 0;
}

if (import.meta.main) process.exitCode = await generate(process.argv.slice(2));
