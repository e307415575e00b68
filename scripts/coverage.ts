import { mkdirSync, readFileSync } from "node:fs";
import { bun, ROOT } from "./step.ts";

/** Share of lines of `src/` that tests must run. */
const REQUIRED_PERCENT = 90;

/** Lines of one file. */
export interface FileCoverage {
  readonly file: string;
  readonly lines: number;
  readonly hit: number;
}

/** Reads an lcov report (SF: file, LF: lines found, LH: lines hit); only files below `src/`. */
export function readLcov(report: string): readonly FileCoverage[] {
  return report
    .split("end_of_record")
    .map((record) => ({
      file: /^SF:(.+)$/m.exec(record)?.[1] ?? "",
      lines: Number(/^LF:(\d+)$/m.exec(record)?.[1] ?? 0),
      hit: Number(/^LH:(\d+)$/m.exec(record)?.[1] ?? 0),
    }))
    .filter(({ file }) => file.startsWith("src/"));
}

/** Percent of lines run, over all files together. */
export function percentOf(files: readonly FileCoverage[]): number {
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  return lines === 0 ? 0 : (100 * files.reduce((sum, file) => sum + file.hit, 0)) / lines;
}

/** Files of `src/` that hold code (not only types) and that no test loaded. */
function unseenFiles(seen: ReadonlySet<string>): readonly string[] {
  const transpiler = new Bun.Transpiler({ loader: "ts" });
  return [...new Bun.Glob("src/**/*.ts").scanSync(ROOT)].filter((file) => {
    if (seen.has(file)) return false;
    const code = transpiler.transformSync(readFileSync(`${ROOT}${file}`, "utf8"));
    return code.replaceAll(/import\s*["'][^"']+["'];|export\s*\{\s*\};?|\s/g, "") !== "";
  });
}

/** `bun run coverage [PATTERN…]`: runs the tests with coverage and fails below 90 % of lines, or when a source file was never loaded. */
async function coverage(args: readonly string[]): Promise<number> {
  mkdirSync(`${ROOT}coverage`, { recursive: true });
  const flags = ["--coverage", "--coverage-reporter=lcov", "--coverage-dir=coverage", "--only-failures"];
  const child = Bun.spawn([...bun("test", ...flags, "--path-ignore-patterns=**/test/{real,long}/**"), ...args], {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  });
  const code = await child.exited;
  const files = readLcov(readFileSync(`${ROOT}coverage/lcov.info`, "utf8"));
  const unseen = unseenFiles(new Set(files.map(({ file }) => file)));
  const percent = percentOf(files);
  for (const { file, lines, hit } of files.filter((one) => one.hit < 0.8 * one.lines))
    console.log(`  ${file}: ${hit} of ${lines} lines`);
  for (const file of unseen) console.log(`  ${file}: no test loads it`);
  console.log(`${percent.toFixed(1)} % of the lines of ${files.length} files (required: ${REQUIRED_PERCENT} %)`);
  return code === 0 && percent >= REQUIRED_PERCENT && unseen.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await coverage(process.argv.slice(2));
