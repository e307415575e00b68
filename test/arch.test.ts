import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { type ImportLine, importLines } from "./arch/import-lines.ts";
import { folderOf, IMPORT_TABLE, mayImport, PACKAGE_TABLE, PURE_FOLDERS } from "./arch/import-table.ts";

const ROOT = join(import.meta.dir, "..");
const LAW = "See adr/0001-narrow-waist.md; change the design by an ADR, not by drift.";
const LEAST_FILES = 200;
const MOST_LINES = 400;

interface SourceFile {
  /** Below `src/`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly ImportLine[];
}

function readSources(): readonly SourceFile[] {
  return [...new Bun.Glob("**/*.ts").scanSync(join(ROOT, "src"))].sort().map((path) => {
    const text = readFileSync(join(ROOT, "src", path), "utf8");
    return { path, text, imports: importLines(text) };
  });
}

const SOURCES = readSources();

/** The path below `src/` that a relative import means. */
function resolveImport(from: string, specifier: string): string {
  return normalize(join(dirname(from), specifier));
}

function relativeImports(file: SourceFile): readonly { readonly to: string; readonly line: ImportLine }[] {
  return file.imports
    .filter((line) => line.specifier.startsWith("."))
    .map((line) => ({ to: resolveImport(file.path, line.specifier), line }));
}

/** `hono` of `hono/streaming`, `@scope/name` of `@scope/name/part`. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function packageImports(file: SourceFile): readonly ImportLine[] {
  return file.imports.filter(({ specifier }) => !/^(\.|node:|bun:|bun$)/.test(specifier));
}

/** The first import cycle among value imports, as a path of files; dynamic imports run later and are left out. */
function findCycle(sources: readonly SourceFile[]): readonly string[] | undefined {
  const graph = new Map(
    sources.map((file) => [
      file.path,
      relativeImports(file)
        .filter(({ line }) => !line.isDynamic)
        .map(({ to }) => to),
    ]),
  );
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of graph.get(path) ?? []) {
      const cycle = visit(next, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of graph.keys()) {
    const cycle = visit(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

describe("the import table", () => {
  test("the checker sees the whole tree", () => {
    expect(SOURCES.length).toBeGreaterThan(LEAST_FILES);
    expect(SOURCES.flatMap(({ imports }) => imports).length).toBeGreaterThan(2 * LEAST_FILES);
  });

  test("the parser finds every import that Bun's own scanner finds", () => {
    const transpiler = new Bun.Transpiler({ loader: "ts" });
    for (const { path, text, imports } of SOURCES) {
      const seen = new Set(imports.map(({ specifier }) => specifier));
      const code = path.endsWith(".d.ts") ? "" : text.replace(/^#!.*/, "");
      const missed = transpiler.scanImports(code).filter((one) => !seen.has(one.path));
      expect({ path, missed }).toEqual({ path, missed: [] });
    }
  });

  test("every folder of src/ has a row, so that a new one is a decision", () => {
    const known = new Set([...Object.keys(IMPORT_TABLE), "compose.ts", "compose"]);
    const strangers = SOURCES.map(({ path }) => folderOf(path)).filter((folder) => !known.has(folder));
    expect(strangers, `no row in test/arch/import-table.ts. ${LAW}`).toEqual([]);
  });

  test("no file imports what its folder may not", () => {
    const wrong = SOURCES.flatMap((file) =>
      relativeImports(file)
        .filter(({ to }) => to !== "../package.json" || file.path !== "version.ts")
        .filter(({ to, line }) => !mayImport(file.path, to, line.isTypeOnly))
        .map(({ to, line }) => `src/${file.path}:${line.line} imports ${to}${line.isTypeOnly ? " (types)" : ""}`),
    );
    expect(wrong, LAW).toEqual([]);
  });

  test("relative imports name an existing file with its extension", () => {
    const wrong = SOURCES.flatMap((file) =>
      relativeImports(file)
        .filter(({ to }) => !existsSync(join(ROOT, "src", to)) || !/\.\w+$/.test(to))
        .map(({ to, line }) => `src/${file.path}:${line.line} imports ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  test("there is no import cycle", () => {
    expect(findCycle(SOURCES)?.join(" -> "), LAW).toBeUndefined();
  });

  test("the pure folders import no node: or bun: module and no package", () => {
    const wrong = SOURCES.filter(({ path }) => PURE_FOLDERS.includes(folderOf(path))).flatMap((file) =>
      file.imports
        .filter(({ specifier }) => !specifier.startsWith("."))
        .map(({ specifier, line }) => `src/${file.path}:${line} imports ${specifier}`),
    );
    expect(wrong, LAW).toEqual([]);
  });

  test("the pure folders read no clock, chance, environment, network or console", () => {
    const impure =
      /\b(?:Date\.now|new Date\(\)|Math\.random|performance\.|process\.|Bun\.|fetch\(|console\.|setTimeout|crypto\.)/;
    const wrong = SOURCES.filter(({ path }) => PURE_FOLDERS.includes(folderOf(path))).flatMap((file) =>
      file.text.split("\n").flatMap((text, index) => {
        const code = text.replace(/^\s*(?:\*|\/\*|\/\/).*/, "").replace(/\s\/\/.*/, "");
        return impure.test(code) ? [`src/${file.path}:${index + 1} ${text.trim()}`] : [];
      }),
    );
    expect(wrong, LAW).toEqual([]);
  });

  test("each folder uses only the packages listed for it", () => {
    const wrong = SOURCES.flatMap((file) =>
      packageImports(file)
        .filter(({ specifier }) => !(PACKAGE_TABLE[folderOf(file.path)] ?? []).includes(packageOf(specifier)))
        .map(({ specifier, line }) => `src/${file.path}:${line} imports ${specifier}`),
    );
    expect(wrong, `not in PACKAGE_TABLE of test/arch/import-table.ts. ${LAW}`).toEqual([]);
  });

  test("every package listed for a folder is used there", () => {
    const idle = Object.entries(PACKAGE_TABLE).flatMap(([folder, packages]) => {
      const files = SOURCES.filter(({ path }) => folderOf(path) === folder);
      const used = new Set(files.flatMap(packageImports).map(({ specifier }) => packageOf(specifier)));
      return packages.filter((name) => !used.has(name)).map((name) => `${folder}: ${name}`);
    });
    expect(idle).toEqual([]);
  });

  test("the runtime dependencies are those of the table and at most fifteen", () => {
    const listed = [...new Set(Object.values(PACKAGE_TABLE).flat())].sort();
    expect(Object.keys(manifest.dependencies).sort()).toEqual(listed);
    expect(listed.length).toBeLessThanOrEqual(15);
  });

  test("no dependency may run an install script", () => {
    expect(manifest.trustedDependencies).toEqual([]);
  });
});

describe("the style limits", () => {
  test("no file is longer than 400 lines, tables that are generated aside", () => {
    const long = SOURCES.filter(({ path }) => !/\.gen\.|\/_all\.ts$/.test(path))
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ lines }) => lines > MOST_LINES);
    expect(long).toEqual([]);
  });

  test("the linter enforces functions of at most 60 lines, no any, no non-null and no barrel", () => {
    const { linter } = JSON.parse(readFileSync(join(ROOT, ".biome.json"), "utf8"));
    expect(linter.rules.complexity.noExcessiveLinesPerFunction).toEqual({ level: "error", options: { maxLines: 60 } });
    expect(linter.rules.suspicious.noExplicitAny).toBe("error");
    expect(linter.rules.suspicious.noEmptyBlockStatements).toBe("error");
    expect(linter.rules.style.noNonNullAssertion).toBe("error");
    expect(linter.rules.performance.noBarrelFile).toBe("error");
  });

  test("nobody silences the compiler, and the linter only with a reason", () => {
    const silencers = /biome-ignore(?!(?:-all)? \S+: \w+)|@ts-ignore|@ts-expect-error|@ts-nocheck/;
    const wrong = SOURCES.filter(({ text }) => silencers.test(text)).map(({ path }) => path);
    expect(wrong).toEqual([]);
  });
});
