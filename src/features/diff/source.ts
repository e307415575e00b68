import { statSync } from "node:fs";
import { failure, type Result, success } from "../../core/result.ts";
import { didYouMean } from "../../core/suggest.ts";
import { gitLines, startGit } from "../../host/git.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import { type ExternalCall, externalCall, externalPatch } from "./external.ts";

/** Where and for whom git runs. */
export interface GitPlace {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What a command line asks to see the changes of. */
export type DiffWish =
  | { readonly kind: "input" }
  | { readonly kind: "external"; readonly call: ExternalCall }
  | { readonly kind: "files"; readonly files: readonly [string, string] }
  | {
      readonly kind: "git";
      readonly isCached: boolean;
      readonly words: readonly string[];
      readonly paths: readonly string[];
    };

/** What decides that. */
export interface WishWords {
  /** Words before and behind `--`. */
  readonly words: readonly string[];
  readonly paths: readonly string[];
  readonly isCached: boolean;
  /** Something is piped in. */
  readonly isPiped: boolean;
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Reads a command line: `-` or a pipe without other words is a patch on standard input, seven or nine words as git gives them
 * to an external diff are that, two paths that are there are compared with each other, and the rest is git's to understand.
 */
export function wishOf({ words, paths, isCached, isPiped }: WishWords, { environment }: GitPlace): DiffWish {
  const [first, second] = words;
  if (first === "-" && words.length === 1) return { kind: "input" };
  const call = externalCall(words, environment);
  if (call !== null) return { kind: "external", call };
  if (words.length === 0 && paths.length === 0 && !isCached && isPiped) return { kind: "input" };
  if (words.length === 2 && first !== undefined && second !== undefined && paths.length === 0 && !isCached) {
    if (isThere(first) && isThere(second)) return { kind: "files", files: [first, second] };
  }
  return { kind: "git", isCached, words, paths };
}

/** A patch as it comes, and what went wrong once it has ended. */
export interface PatchSource {
  /** What a person calls it: `main...HEAD`. */
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  problem(): Promise<CliProblem | null>;
  /** Ends it early. */
  stop(): void;
}

const NOT_GIT = failureProblem(
  "not_a_repository",
  "this is not a git repository",
  "change into one, compare two files with `lodestar diff A B`, or pipe a patch into `lodestar diff -`",
);

const GIT_MISSING: CliProblem = {
  code: "git_missing",
  message: "git cannot be started",
  fix: "install git, or pipe a patch into `lodestar diff -`",
  exitCode: EXIT_CODES.notInstalled,
};

async function unknownRevision(word: string, place: GitPlace): Promise<CliProblem> {
  const known = await gitLines(["for-each-ref", "--format=%(refname:short)", "--count=2000"], place);
  const shown = plainText(word);
  return usageProblem(
    "unknown_revision",
    `"${shown}" is neither a revision nor a path here.${didYouMean(word, known)}`,
    "git branch --all lists the branches; paths of deleted files stand behind --",
  );
}

/** What git said, as a problem of ours. */
async function gitProblem(errors: string, wish: DiffWish, place: GitPlace): Promise<CliProblem> {
  const said = errors.replace(/^(fatal|error): /, "").trim();
  if (/not a git repository/i.test(said)) return NOT_GIT;
  // Outside a repository `git diff` takes its words for two files, and explains that at length.
  if (/^usage: git diff --no-index|--no-index/m.test(said) && wish.kind === "git") return NOT_GIT;
  const unknown =
    /(?:ambiguous argument|bad revision|invalid symmetric difference expression|Invalid revision range) '?([^'\n]+?)'?(?::|$)/m.exec(
      said,
    );
  if (unknown?.[1] !== undefined) return unknownRevision(unknown[1], place);
  const gone = /^(.+): no such path in the working tree/m.exec(said)?.[1];
  if (gone !== undefined) return unknownRevision(gone, place);
  const missing = /Could not access '([^']+)'/i.exec(said)?.[1];
  if (missing !== undefined) return failureProblem("file_missing", `there is no file ${plainText(missing)}`);
  const firstLines = said.split("\n").slice(0, 4).map(plainText).join("\n");
  return failureProblem("git_failed", `git could not compare: ${firstLines}`);
}

const SHAPE = ["--no-ext-diff", "--no-textconv", "--no-color", "--find-renames", "--src-prefix=a/", "--dst-prefix=b/"];

function wordsOf(wish: Extract<DiffWish, { kind: "git" | "files" }>): readonly string[] {
  if (wish.kind === "files") return ["diff", "--no-index", ...SHAPE, "--", ...wish.files];
  const { isCached, words, paths } = wish;
  return ["diff", ...SHAPE, ...(isCached ? ["--cached"] : []), ...words, ...(paths.length > 0 ? ["--", ...paths] : [])];
}

function nameOf(wish: Extract<DiffWish, { kind: "git" | "files" }>): string {
  if (wish.kind === "files") return wish.files.join(" and ");
  const { isCached, words } = wish;
  return [isCached ? "the index" : "", ...words].filter(Boolean).join(" ") || "the work tree";
}

function gitSource(
  wish: Extract<DiffWish, { kind: "git" | "files" }>,
  place: GitPlace,
): Result<PatchSource, CliProblem> {
  const run = startGit(wordsOf(wish), place);
  if (!run.ok) return failure({ ...GIT_MISSING, message: `git cannot be started: ${plainText(run.error)}` });
  const { bytes, end, stop } = run.value;
  let isStopped = false;
  return success({
    name: nameOf(wish),
    bytes,
    stop: () => {
      isStopped = true;
      stop();
    },
    async problem() {
      const { code, errors } = await end;
      // Two files that differ are 1.
      const isFine = isStopped || code === 0 || (wish.kind === "files" && code === 1 && errors === "");
      return isFine && !/^fatal:/m.test(errors) ? null : gitProblem(errors, wish, place);
    },
  });
}

/** Opens what a command line asked for. `input` is standard input. */
export async function openSource(
  wish: DiffWish,
  place: GitPlace,
  input: () => AsyncIterable<Uint8Array>,
): Promise<Result<PatchSource, CliProblem>> {
  const quiet = { problem: async () => null, stop: () => undefined };
  if (wish.kind === "input") return success({ name: "standard input", bytes: input(), ...quiet });
  if (wish.kind !== "external") return gitSource(wish, place);
  const made = await externalPatch(wish.call, place);
  if (made === null) return failure(GIT_MISSING);
  async function* once(patch: Uint8Array): AsyncGenerator<Uint8Array> {
    yield patch;
  }
  return success({ name: wish.call.path, bytes: once(made), ...quiet });
}
