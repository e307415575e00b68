import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../../host/private-file.ts";
import { git, type Project } from "./git.ts";

/** How the files of a project are, without reading them. */
export type TreeState = ReadonlyMap<string, string>;

/** Written by tools at any time; no file of a person. */
const CACHES = ["__pycache__", "node_modules", ".git", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".venv", "venv"];

function* walk(root: string, folder: string): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (CACHES.includes(entry.name)) continue;
    if (entry.isDirectory()) yield* walk(root, path);
    else yield path;
  }
}

/** What decides what git does. Not the index: prompts and editors refresh it by asking for the status. */
function repositoryPaths(root: string): readonly string[] {
  const hooks = join(root, ".git/hooks");
  const names = existsSync(hooks) ? readdirSync(hooks) : [];
  return [".git/config", ".git/HEAD", ...names.map((name) => `.git/hooks/${name}`)];
}

/** Paths of a person's own files: in a repository those that are not ignored. */
function ownPaths({ root, isRepository }: Project): Iterable<string> {
  const listed = isRepository ? git(root, ["ls-files", "-coz", "--exclude-standard"]) : null;
  if (listed === null) return walk(root, "");
  return [...listed.split("\0").filter((path) => path !== ""), ...repositoryPaths(root)];
}

/** How a file is; null where there is none, as below the `.git` file of a linked work tree. */
function stateAt(file: string): string | null {
  try {
    const stats = lstatSync(file, { bigint: true });
    return stats.isDirectory() ? null : `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.mode}`;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error))) return null;
    throw error;
  }
}

/** The state of a project's own files: a write changes it, whoever wrote. `without` are folders of ours. */
export function treeState(project: Project, without: readonly string[]): TreeState {
  const state = new Map<string, string>();
  for (const path of ownPaths(project)) {
    const file = join(project.root, path);
    if (without.some((folder) => file.startsWith(`${folder}/`))) continue;
    const found = stateAt(file);
    if (found !== null) state.set(path, found);
  }
  return state;
}

/** Paths whose state differs. */
export function touchedSince(before: TreeState, after: TreeState): readonly string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path)).toSorted();
}
