import { failure, type Result, success } from "../result.ts";
import type { EditProblem } from "./edit.ts";

const LONGEST_PATH = 300;
/** Folders of dependencies and of what is built: anywhere, and at the top. */
const DEPENDENCIES = ["node_modules", "__pycache__", "site-packages", "dist-packages"];
const TOP_DEPENDENCIES = ["venv", "env", "target", "vendor", "dist", "build"];
// biome-ignore lint/suspicious/noControlCharactersInRegex: a path with control characters is refused.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/;

/** Tests, and what decides which tests run and how. */
const TEST_PATHS: readonly RegExp[] = [
  /(^|\/)(tests?|__tests__|__mocks__|spec|specs|testdata|fixtures|__snapshots__)\//i,
  /(^|\/)(test_[^/]*|[^/]*_test|conftest|tests?)\.[a-z]+$/i,
  /[.-](test|spec)\.[cm]?[jt]sx?$/i,
  /(^|\/)[^/]*(Tests?|IT|Spec)\.(java|kt|scala)$/,
  /\.snap$/i,
];
const TEST_SETTINGS: readonly RegExp[] = [
  /(^|\/)(pytest\.ini|tox\.ini|setup\.cfg|pyproject\.toml|noxfile\.py|sitecustomize\.py|usercustomize\.py|package\.json|bunfig\.toml|makefile|gnumakefile|pom\.xml|cmakelists\.txt)$/i,
  /(^|\/)(jest|vitest|vite|playwright|karma|ava|eslint|biome|babel|ruff|tsconfig)[^/]*\.(js|cjs|mjs|ts|cts|mts|json|jsonc|toml)$/i,
  /(^|\/)(build\.gradle|settings\.gradle)(\.kts)?$/i,
];

/** Whether a path is that of a test, or of what decides which tests run: who may edit these can make any test pass. */
export function isTestPath(path: string): boolean {
  return [...TEST_PATHS, ...TEST_SETTINGS].some((pattern) => pattern.test(path));
}

function refused(path: string, why: string): { readonly ok: false; readonly error: EditProblem } {
  const shown = JSON.stringify(path.slice(0, LONGEST_PATH));
  return failure({ code: "path_refused", message: `${shown} ${why}` });
}

function isWrittenBadly(path: string): boolean {
  return (
    path === "" ||
    path.length > LONGEST_PATH ||
    CONTROL.test(path) ||
    path.includes("\\") ||
    path !== path.normalize("NFC")
  );
}

/**
 * The path of an edit, relative to the top of the project; a problem where it leads out of it or to what no repair needs:
 * anything hidden (`.git` first of all), dependencies, build output, and without `allowTests` the tests.
 */
export function editPath(path: string, rules: { readonly allowTests: boolean }): Result<string, EditProblem> {
  const plain = path.replace(/^(?:\.\/)+/, "");
  if (isWrittenBadly(plain)) return refused(path, "is no path of a file that may be edited");
  if (plain.startsWith("/") || plain.startsWith("~") || /^[A-Za-z]:/.test(plain))
    return refused(path, "is not relative to the project");
  const parts = plain.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".."))
    return refused(path, "may not contain .., . or empty parts");
  if (parts.some((part) => part.startsWith(".") || /^git~\d/i.test(part)))
    return refused(path, "is hidden; hidden files are not edited");
  if (parts.some((part) => /[. ]$/.test(part) || /[:*?"<>|]/.test(part)))
    return refused(path, "is no name that every system can hold");
  const isTopDependency = parts.length > 1 && TOP_DEPENDENCIES.includes(parts[0] ?? "");
  if (isTopDependency || parts.some((part) => DEPENDENCIES.includes(part.toLowerCase())))
    return refused(path, "belongs to a dependency or to build output");
  if (!rules.allowTests && isTestPath(plain))
    return refused(path, "is a test, or decides which tests run; tests are not edited");
  return success(plain);
}
