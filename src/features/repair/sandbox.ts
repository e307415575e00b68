import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { chmod, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FileChange } from "../../core/repair/edit.ts";
import { EDIT_LIMITS } from "../../core/repair/plan-edits.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { errorCode, errorText } from "../../host/private-file.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import { copyTree } from "./copy-tree.ts";
import { git, type Project, twinRepository, withoutGitPlaces } from "./git.ts";
import { type CommandRun, runHidden } from "./run-command.ts";

/** A throw-away copy of a project, in which edits are tried. */
export interface Sandbox {
  readonly root: string;
  /** Paths of its files, relative to the root. */
  readonly paths: readonly string[];
  /** A file as it may be edited: its text, null where there is none, or why it is closed. */
  read(path: string): string | null | { readonly closed: string };
  write(changes: readonly FileChange[]): void;
  run(command: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<CommandRun>;
  /** Removes it. */
  close(): Promise<void>;
}

/** Where and how a sandbox is made. */
export interface SandboxPlan {
  readonly project: Project;
  /** The folder in which it is made; outside it nothing is written. */
  readonly folder: string;
  /** Never copied: the state of Lodestar, should it lie in the project. */
  readonly stateDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Replaces the project's folder in a word, a path or a list of paths. */
function placed(text: string, from: string, to: string): string {
  if (!text.includes(from)) return text;
  const escaped = from.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.replace(new RegExp(`(^|[:=;,])${escaped}(?=$|[/:;,])`, "g"), (_, before: string) => before + to);
}

function environmentIn({ environment, project }: SandboxPlan, root: string, cwd: string): Record<string, string> {
  const kept = Object.entries(withoutGitPlaces(environment)).filter(([name]) => name !== "OLDPWD");
  return { ...Object.fromEntries(kept.map(([name, value]) => [name, placed(value, project.root, root)])), PWD: cwd };
}

const BOM = "\ufeff";

/** Reads a file that no link leads to; what cannot be edited is closed. */
function readIn(root: string, path: string, isRepository: boolean): string | null | { readonly closed: string } {
  const parts = path.split("/");
  for (const [index] of parts.entries()) {
    const step = parts.slice(0, index + 1).join("/");
    const isLast = index === parts.length - 1;
    try {
      const stats = lstatSync(join(root, step));
      if (stats.isSymbolicLink()) return { closed: "is reached through a symbolic link" };
      if (isLast ? !stats.isFile() : !stats.isDirectory())
        return { closed: isLast ? "is no file" : `lies below ${step}, which is no folder` };
      if (isLast && stats.size > EDIT_LIMITS.fileCharacters) return { closed: "is too large" };
    } catch (error) {
      if (errorCode(error) !== "ENOENT") return { closed: errorText(error) };
      break;
    }
  }
  if (isRepository && git(root, ["check-ignore", "-q", "--", path]) !== null) return { closed: "is ignored by git" };
  return textIn(join(root, path));
}

function textIn(file: string): string | null | { readonly closed: string } {
  try {
    const bytes = readFileSync(file);
    if (bytes.includes(0)) return { closed: "is binary" };
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.startsWith(BOM) ? { closed: "begins with a byte order mark" } : text;
  } catch (error) {
    return errorCode(error) === "ENOENT" ? null : { closed: "is not UTF-8 text" };
  }
}

function writeIn(root: string, changes: readonly FileChange[]): void {
  for (const { path, after } of changes) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), after);
  }
}

/** Removes a tree whose folders may have been made unwritable. */
async function removeTree(folder: string): Promise<void> {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    await openFolders(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function openFolders(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(join(folder, entry.name));
  }
}

function cannotCopy(error: unknown, { project }: SandboxPlan): CliProblem {
  const message = `${project.root} cannot be copied to try edits in: ${errorText(error)}`;
  return failureProblem("sandbox_failed", message, "nothing was changed; make room, or see who may read the folder");
}

/** Makes a sandbox: a copy with a repository of its own, where the project has one. The project is only read. */
export async function openSandbox(plan: SandboxPlan): Promise<Result<Sandbox, CliProblem>> {
  const { project, signal } = plan;
  mkdirSync(plan.folder, { recursive: true, mode: 0o700 });
  const root = realpathSync(mkdtempSync(join(plan.folder, "tree-")));
  chmodSync(root, 0o700);
  const close = (): Promise<void> => removeTree(root);
  try {
    const copied = await copyTree({ from: project.root, to: root, without: [plan.stateDir, plan.folder], signal });
    if (!copied.ok) {
      await close();
      return copied;
    }
    const isRepository = project.isRepository && twinRepository(project.root, root);
    const cwd = join(root, project.within);
    const environment = environmentIn(plan, root, cwd);
    return success({
      root,
      paths: copied.value,
      read: (path) => readIn(root, path, isRepository),
      write: (changes) => writeIn(root, changes),
      run: (command, timeoutMs, stop) =>
        runHidden({
          command: command.map((word) => placed(word, project.root, root)),
          cwd,
          environment,
          timeoutMs,
          signal: stop,
        }),
      close,
    });
  } catch (error) {
    await close();
    if (signal.aborted) throw error;
    return failure(cannotCopy(error, plan));
  }
}
