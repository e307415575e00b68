import { constants, type Dirent, type Stats } from "node:fs";
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { failure, type Result, success } from "../../core/result.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";

/** Made again by the tools that made them. */
const LEFT_OUT = [
  "__pycache__",
  ".pytest_cache",
  ".mypy_cache",
  ".ruff_cache",
  ".turbo",
  ".gradle",
  ".next",
  "coverage",
];
/** More than that is no project but somebody's home. */
const COPY_LIMITS = { files: 300_000, bytes: 8 * 1024 ** 3 } as const;
const AT_ONCE = 24;
/** Scripts and path files of a virtual environment hold the folder it was made in: those of a copy must hold its own. */
const PLACED = /(?:^|\/)[^/]*(?:env|venv)[^/]*\/(?:bin\/[^/]+|.*(?:\.pth|\.egg-link|\/__editable__[^/]*\.py))$/;
const LONGEST_PLACED = 256 * 1024;

/** What is copied, and from where. */
export interface TreeCopy {
  readonly from: string;
  readonly to: string;
  /** Absolute folders that are never entered: our own. */
  readonly without: readonly string[];
  readonly signal: AbortSignal;
}

interface Entry {
  readonly path: string;
  readonly kind: "folder" | "file" | "link";
}

function kindOf(entry: Dirent): Entry["kind"] | null {
  if (entry.isDirectory()) return "folder";
  if (entry.isFile()) return "file";
  return entry.isSymbolicLink() ? "link" : null;
}

/** Everything in a tree that can be copied, folders before what they hold. `.git` is left out at the top, and where it is a file. */
async function* entriesOf({ from, without, signal }: TreeCopy): AsyncGenerator<Entry> {
  const open = [""];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    signal.throwIfAborted();
    for (const entry of await readdir(join(from, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      const kind = kindOf(entry);
      const isGit = entry.name === ".git" && (folder === "" || kind !== "folder");
      if (kind === null || isGit || without.includes(join(from, path))) continue;
      if (kind === "folder" && LEFT_OUT.includes(entry.name)) continue;
      yield { path, kind };
      if (kind === "folder") open.push(path);
    }
  }
}

/** A link as it must be in the copy: what led into the tree leads into the copy, what led out leads to where it did. */
function linkIn({ from, to }: TreeCopy, path: string, target: string): string {
  const whole = resolve(dirname(join(from, path)), target);
  const isInside = whole === from || whole.startsWith(`${from}/`);
  if (!isInside) return whole;
  return isAbsolute(target) ? to + whole.slice(from.length) : target;
}

async function copyFileIn({ from, to }: TreeCopy, path: string, stats: Stats): Promise<void> {
  const [source, target] = [join(from, path), join(to, path)];
  const text = PLACED.test(path) && stats.size <= LONGEST_PLACED ? await readFile(source, "latin1") : "";
  if (text.includes(`${from}/`)) await writeFile(target, text.replaceAll(`${from}/`, `${to}/`), "latin1");
  else await copyFile(source, target, constants.COPYFILE_FICLONE);
  await chmod(target, (stats.mode & 0o7777) | 0o600);
  await utimes(target, stats.atime, stats.mtime);
}

async function copyEntry(copy: TreeCopy, { path, kind }: Entry): Promise<number> {
  const [source, target] = [join(copy.from, path), join(copy.to, path)];
  if (kind === "folder") {
    await mkdir(target, { recursive: true });
    return 0;
  }
  if (kind === "link") {
    await symlink(linkIn(copy, path, await readlink(source)), target);
    return 0;
  }
  const stats = await lstat(source);
  await copyFileIn(copy, path, stats);
  return stats.size;
}

function tooLarge({ from }: TreeCopy): CliProblem {
  const message = `${from} is too large to be copied for a repair (over ${COPY_LIMITS.files} files or ${COPY_LIMITS.bytes / 1024 ** 3} GiB)`;
  return failureProblem(
    "tree_too_large",
    message,
    "run it in the folder of the project, or make that a git repository",
  );
}

/**
 * Copies a tree with modes, times and links, sharing blocks where the file system can. Nothing in the copy leads back into the
 * tree. Returns the paths of its files; sockets, pipes and devices are left out.
 */
export async function copyTree(copy: TreeCopy): Promise<Result<readonly string[], CliProblem>> {
  const files: string[] = [];
  const running = new Set<Promise<void>>();
  let bytes = 0;
  const failures: unknown[] = [];
  for await (const entry of entriesOf(copy)) {
    if (entry.kind === "folder") await copyEntry(copy, entry);
    else {
      const task: Promise<void> = copyEntry(copy, entry)
        .then((size) => {
          bytes += size;
        })
        .catch((error: unknown) => {
          // It went away while the tree was read, or may not be read: then the command cannot need it either.
          if (!isPassing(error)) failures.push(error);
        })
        .finally(() => running.delete(task));
      running.add(task);
      if (entry.kind === "file") files.push(entry.path);
    }
    if (running.size >= AT_ONCE) await Promise.race(running);
    if (files.length > COPY_LIMITS.files || bytes > COPY_LIMITS.bytes) {
      await Promise.all(running);
      return failure(tooLarge(copy));
    }
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
  return success(files);
}

function isPassing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "EACCES");
}
