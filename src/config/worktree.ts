import { lstatSync, readFileSync, type Stats } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

/** Longer than any path: such files hold one. Bytes. */
const MOST_BYTES = 8_192;

/** What stands at a path; null for nothing, and for what may not be seen. Links are not followed. */
function lookAt(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}

/** The text of a small regular file, without surrounding white space; null where it is none. Pipes are not opened. */
function readLine(file: string): string | null {
  const stats = lookAt(file);
  if (stats === null || !stats.isFile() || stats.size > MOST_BYTES) return null;
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return null;
  }
}

/** The main working tree of the linked one in `root`; null where it is none. Format: gitrepository-layout(5), `worktrees/<id>/gitdir`. */
function mainTreeOf(root: string): string | null {
  const gitFile = join(root, ".git");
  const target = /^gitdir: (.+)$/.exec(readLine(gitFile) ?? "")?.[1];
  if (target === undefined) return null;
  const own = resolve(root, target);
  const repository = dirname(dirname(own));
  if (basename(dirname(own)) !== "worktrees" || basename(repository) !== ".git") return null;
  // The repository must know this tree too: else any folder could pass for part of any project.
  return resolve(own, readLine(join(own, "gitdir")) ?? "") === gitFile ? dirname(repository) : null;
}

/**
 * The folder whose project a folder belongs to: itself, but in a linked Git worktree the same place in the main one, since the
 * trees of one repository are one project.
 */
export function projectFolderOf(folder: string): string {
  for (let root = folder; ; root = dirname(root)) {
    if (lookAt(join(root, ".git")) !== null) {
      const main = mainTreeOf(root);
      return main === null ? folder : join(main, relative(root, folder));
    }
    if (dirname(root) === root) return folder;
  }
}
