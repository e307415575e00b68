import { mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { bun, ROOT, runStep } from "./step.ts";

/** A build for another machine than this one: Bun's name for it, and the Bun executable that becomes the binary. */
export interface CrossTarget {
  /** E.g. `bun-linux-arm64-musl`. */
  readonly target: string;
  /** Path of that machine's Bun. Given always, so that the build never downloads one itself. */
  readonly runtime: string;
}

/** How the product is compiled; the benchmarks compile what they compare it with in the same way. */
export const COMPILE_FLAGS: readonly string[] = [
  "--compile",
  "--minify",
  "--bytecode",
  "--format=esm",
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
];

/** The commit that goes into the binary: `LODESTAR_COMMIT`, else what git says, else `unknown` (a source archive). */
async function commitId(): Promise<string> {
  const fromEnvironment = process.env.LODESTAR_COMMIT;
  if (fromEnvironment !== undefined) return fromEnvironment;
  const described = await runStep({
    name: "commit",
    command: ["git", "describe", "--always", "--dirty", "--exclude=*", "--abbrev=12"],
  });
  return described.isOk ? described.output.trim() : "unknown";
}

/**
 * Compiles `src/main.ts` to one executable. The same sources and commit give the same bytes: the file is made under its final
 * name (the name is part of the bytes) in a folder of its own and moved into place when whole. Throws with Bun's own words.
 */
export async function compileBinary(outfile: string, cross?: CrossTarget): Promise<void> {
  const folder = join(dirname(outfile), `.build-${process.pid}`);
  const made = join(folder, basename(outfile));
  mkdirSync(folder, { recursive: true });
  const crossFlags =
    cross === undefined ? [] : [`--target=${cross.target}`, `--compile-executable-path=${cross.runtime}`];
  try {
    const result = await runStep({
      name: "compile",
      command: [
        ...bun("build", ...COMPILE_FLAGS),
        `--define=LODESTAR_COMMIT=${JSON.stringify(await commitId())}`,
        ...crossFlags,
        `${ROOT}src/main.ts`,
        `--outfile=${made}`,
      ],
    });
    if (!result.isOk) throw new Error(`bun build failed:\n${result.output.trim()}`);
    renameSync(made, outfile);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
