import { failure, type Result, success } from "../core/result.ts";
import { errorText } from "./private-file.ts";

/** How a run of git ended. */
export interface GitEnd {
  readonly code: number;
  /** What it wrote to stderr, at most some kilobytes. */
  readonly errors: string;
}

/** A run of git: what it writes, as it comes, and how it ends. */
export interface GitRun {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly end: Promise<GitEnd>;
  /** Ends it early. */
  stop(): void;
}

const MOST_ERROR_CHARS = 8_192;

/**
 * Settings of the user that change what git writes into what nobody can read: colours, prefixes, pagers, programs of others.
 * Locks are not taken, so that looking never disturbs a git at work.
 */
const PLAIN = [
  "--no-pager",
  "--no-optional-locks",
  "-c",
  "color.ui=never",
  "-c",
  "core.quotePath=true",
  "-c",
  "diff.noprefix=false",
  "-c",
  "diff.mnemonicPrefix=false",
  "-c",
  "diff.submodule=short",
];

/** Variables that would make git call a program (us, again) in place of its own work. */
const CALLERS = ["GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_DIFF_OPTS"];

/** Starts git with plain output; the error says why it cannot be started at all. Its messages are in English. */
export function startGit(
  words: readonly string[],
  { cwd, environment }: { readonly cwd: string; readonly environment: Readonly<Record<string, string | undefined>> },
): Result<GitRun, string> {
  const own = Object.fromEntries(Object.entries(environment).filter(([name]) => !CALLERS.includes(name)));
  try {
    const child = Bun.spawn(["git", ...PLAIN, ...words], {
      cwd,
      env: { ...own, LC_ALL: "C", GIT_TERMINAL_PROMPT: "0" },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const ended = async (): Promise<GitEnd> => {
      const errors = await new Response(child.stderr).text();
      return { code: await child.exited, errors: errors.slice(0, MOST_ERROR_CHARS) };
    };
    return success({ bytes: child.stdout, end: ended(), stop: () => child.kill() });
  } catch (error) {
    return failure(errorText(error));
  }
}

/** All that a short run of git writes, as lines; none where it fails. */
export async function gitLines(
  words: readonly string[],
  place: Parameters<typeof startGit>[1],
): Promise<readonly string[]> {
  const started = startGit(words, place);
  if (!started.ok) return [];
  const text = await new Response(started.value.bytes as ReadableStream<Uint8Array>).text();
  const { code } = await started.value.end;
  return code === 0 ? text.split("\n").filter(Boolean) : [];
}
