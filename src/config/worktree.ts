import { lstatSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

/** The text of a small file, without surrounding white space; null where it cannot be read. */
function readLine(file: string): string | null {
  try {
    return readFileSync(file, "utf8").slice(0, 4096).trim();
  } catch {
    return null;
  }
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** The main working tree of the linked one in `root`; null where it is none. Format: gitrepository-layout(5), `worktrees/<id>/gitdir`. */
function mainTreeOf(root: string): string | null {
  const gitFile = join(root, ".git");
  const target = isFile(gitFile) ? /^gitdir: (.+)$/.exec(readLine(gitFile) ?? "")?.[1] : undefined;
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
    if (lstatSync(join(root, ".git"), { throwIfNoEntry: false }) !== undefined) {
      const main = mainTreeOf(root);
      return main === null ? folder : join(main, relative(root, folder));
    }
    if (dirname(root) === root) return folder;
  }
}
