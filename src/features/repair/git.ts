import { copyFileSync, existsSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Variables by which git is told where its repository is: never passed on, they would lead back to the user's. */
const PLACES = [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_COMMON_DIR",
  "GIT_OBJECT_DIRECTORY",
  "GIT_PREFIX",
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_NAMESPACE",
];

/** An environment in which git finds the repository of the folder it runs in. */
export function withoutGitPlaces(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(environment).filter(([name, value]) => value !== undefined && !PLACES.includes(name));
  return Object.fromEntries(kept) as Record<string, string>;
}

/** What git wrote, without the last line end; null where it failed or is not installed. Hooks and locks are off. */
export function git(folder: string, words: readonly string[], input = ""): string | null {
  const environment = {
    ...withoutGitPlaces(process.env),
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    LC_ALL: "C",
  };
  try {
    const done = Bun.spawnSync(["git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", ...words], {
      cwd: folder,
      env: environment,
      stdin: new TextEncoder().encode(input),
      stdout: "pipe",
      stderr: "ignore",
    });
    return done.exitCode === 0 ? done.stdout.toString().replace(/\n$/, "") : null;
  } catch {
    // Not installed: then nothing is a repository.
    return null;
  }
}

/** Where a command was started. */
export interface Project {
  /** Top of the repository, else the folder itself; without symbolic links. */
  readonly root: string;
  /** The folder of the command, below the root; empty for the root itself. */
  readonly within: string;
  readonly isRepository: boolean;
}

/** The project that a folder belongs to. */
export function projectAt(folder: string): Project {
  const here = realpathSync(folder);
  const found = git(here, ["rev-parse", "--show-toplevel"]);
  const top = found === null || found === "" ? null : realpathSync(found);
  if (top === null || !(here === top || here.startsWith(`${top}/`)))
    return { root: here, within: "", isRepository: false };
  return { root: top, within: here.slice(top.length + 1), isRepository: true };
}

/**
 * Gives a copy of a work tree a repository of its own: the same commit, branch, tags and index, its objects read from where
 * the first has them. What a command does to it (a stash, a branch, a setting) does not reach the first, as it would from a
 * linked work tree.
 */
export function twinRepository(from: string, to: string): boolean {
  const format = git(from, ["rev-parse", "--show-object-format"]) ?? "sha1";
  const objects = git(from, ["rev-parse", "--path-format=absolute", "--git-path", "objects"]);
  const index = git(from, ["rev-parse", "--path-format=absolute", "--git-path", "index"]);
  if (objects === null || index === null) return false;
  const branch = git(from, ["symbolic-ref", "--quiet", "--short", "HEAD"]) ?? "detached";
  const made = git(to, ["init", "-q", "--template=", `--object-format=${format}`, `--initial-branch=${branch}`]);
  if (made === null) return false;
  mkdirSync(join(to, ".git/objects/info"), { recursive: true });
  writeFileSync(join(to, ".git/objects/info/alternates"), `${objects}\n`);
  const head = git(from, ["rev-parse", "--verify", "--quiet", "HEAD"]);
  const tags = git(from, ["for-each-ref", "--format=update %(refname) %(objectname)", "refs/tags"]) ?? "";
  const updates = [...(head === null ? [] : [`update HEAD ${head}`]), ...(tags === "" ? [] : [tags])];
  if (updates.length > 0) git(to, ["update-ref", "--stdin"], `${updates.join("\n")}\n`);
  const ignored = git(from, ["rev-parse", "--path-format=absolute", "--git-path", "info/exclude"]);
  mkdirSync(join(to, ".git/info"), { recursive: true });
  if (ignored !== null && existsSync(ignored)) copyFileSync(ignored, join(to, ".git/info/exclude"));
  if (existsSync(index)) copyFileSync(index, join(to, ".git/index"));
  return true;
}
