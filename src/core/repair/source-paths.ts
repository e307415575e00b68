import { plainOutput } from "./plain-output.ts";

const PLACE =
  /(?:file:\/\/)?((?:[A-Za-z]:)?[\w@.+~/\\-]*[\w@+-]\.(?:py|[cm]?[jt]sx?|go|rs|java|kt|c|cc|cpp|cxx|h|hpp|vue|svelte|json|toml|mod|mk))(?=["'`:)(,\s]|$)/gm;

/** Paths that an output or a command line names, in the order in which they come, each once. */
export function pathsNamed(text: string): readonly string[] {
  return [...new Set([...plainOutput(text).matchAll(PLACE)].map(([, path = ""]) => path.replace(/^\.\//, "")))];
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** `folder/relative` without `.` and `..`; null where it leads out. */
function joined(folder: string, relative: string): string | null {
  const parts = folder === "" ? [] : folder.split("/");
  for (const part of relative.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return null;
    } else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

const SCRIPT_IMPORT = /(?:from\s+|import\s+|require\(\s*|import\(\s*)["'](\.{1,2}\/[^"']+)["']/g;
const SCRIPT_ENDS = ["", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", "/index.ts", "/index.js"];
const PYTHON_IMPORT = /^\s*(?:from\s+(\.*[\w.]*)\s+import\s+([\w, ]+)|import\s+([\w., ]+))/gm;
const C_INCLUDE = /^\s*#\s*include\s+"([^"]+)"/gm;
const RUST_MODULE = /^\s*(?:pub(?:\([^)]*\))?\s+)?(?:mod|use)\s+(?:crate::|super::|self::)?(\w+)/gm;

function scriptImports(folder: string, text: string): readonly string[] {
  return [...text.matchAll(SCRIPT_IMPORT)].flatMap(([, path = ""]) => {
    const base = joined(folder, path);
    if (base === null) return [];
    const bare = base.replace(/\.[cm]?js$/, "");
    return [...SCRIPT_ENDS.map((end) => base + end), `${bare}.ts`, `${bare}.tsx`];
  });
}

function pythonImports(folder: string, text: string): readonly string[] {
  const modules = [...text.matchAll(PYTHON_IMPORT)].flatMap(([, from, names = "", plain = ""]) => {
    if (from === undefined) return plain.split(",").map((name) => name.trim().split(/\s/)[0] ?? "");
    const inside = names
      .split(",")
      .map((name) => `${from}${from.endsWith(".") ? "" : "."}${name.trim().split(/\s/)[0] ?? ""}`);
    return [from, ...inside];
  });
  return modules
    .flatMap((module) => {
      const dots = /^\.*/.exec(module)?.[0].length ?? 0;
      const path = module.slice(dots).replaceAll(".", "/");
      const up = joined(folder, "../".repeat(Math.max(0, dots - 1)));
      const bases = dots > 0 ? [up] : [folder, "", "src", joined(folder, "..")];
      return bases.flatMap((base) =>
        base === null || path === "" ? [] : [joined(base, `${path}.py`), joined(base, `${path}/__init__.py`)],
      );
    })
    .filter((path) => path !== null);
}

/** Paths, in the project, of what a source file may import; those that are not there are the caller's to leave out. */
export function importsOf(path: string, text: string): readonly string[] {
  const folder = folderOf(path);
  const inFolder = (name: string): string => (folder === "" ? name : `${folder}/${name}`);
  if (path.endsWith(".py")) return [...new Set(pythonImports(folder, text))];
  if (/\.[cm]?[jt]sx?$/.test(path)) return [...new Set(scriptImports(folder, text))];
  if (/\.(c|cc|cpp|cxx|h|hpp)$/.test(path)) {
    const headers = [...text.matchAll(C_INCLUDE)].flatMap(([, name = ""]) =>
      [joined(folder, name)].filter((found) => found !== null),
    );
    return [
      ...new Set(
        headers.flatMap((header) => [header, header.replace(/\.h(pp)?$/, ".c"), header.replace(/\.h(pp)?$/, ".cpp")]),
      ),
    ];
  }
  if (path.endsWith(".rs"))
    return [
      ...new Set(
        [...text.matchAll(RUST_MODULE)].flatMap(([, name]) => [
          inFolder(`${name}.rs`),
          inFolder(`${name}/mod.rs`),
          `src/${name}.rs`,
          "src/lib.rs",
        ]),
      ),
    ];
  if (path.endsWith("_test.go")) return [path.replace(/_test\.go$/, ".go")];
  if (/Tests?\.java$/.test(path))
    return [
      path.replace(/Tests?\.java$/, ".java"),
      path.replace("src/test/", "src/main/").replace(/Tests?\.java$/, ".java"),
    ];
  return [];
}
