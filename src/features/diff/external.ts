import { parsePatch } from "../../core/diff/parse.ts";
import { emitItem } from "../../core/diff/patch.ts";
import { quotePath } from "../../core/diff/paths.ts";
import { startGit } from "../../host/git.ts";

/**
 * What git gives to a program in `GIT_EXTERNAL_DIFF` (git(1)): path, old file, old hash, old mode, new file, new hash, new mode;
 * of a rename also the new path and the lines that tell of it; of a path that is not merged the path alone.
 */
export interface ExternalCall {
  readonly path: string;
  readonly newPath: string;
  /** Null for a path that is not merged. */
  readonly sides: { readonly old: ExternalSide; readonly new: ExternalSide } | null;
  /** `similarity index …` and so on, as git writes them. */
  readonly more: string;
}

/** One version of a file. `file` is `/dev/null`, and mode and hash are `.`, where there is none. */
interface ExternalSide {
  readonly file: string;
  readonly hash: string;
  readonly mode: string;
}

const HASH = /^([0-9a-f]{7,64}|\.)$/;
const MODE = /^([0-7]{6}|\.)$/;

/** The call that a command line is, or null where git did not write it. */
export function externalCall(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ExternalCall | null {
  const [path = "", oldFile = "", oldHash = "", oldMode = "", newFile = "", newHash = "", newMode = ""] = words;
  if (words.length === 1 && environment.GIT_DIFF_PATH_COUNTER !== undefined) {
    return { path, newPath: path, sides: null, more: "" };
  }
  if (words.length !== 7 && words.length !== 9) return null;
  if (![oldHash, newHash].every((hash) => HASH.test(hash)) || ![oldMode, newMode].every((mode) => MODE.test(mode))) {
    return null;
  }
  const sides = {
    old: { file: oldFile, hash: oldHash, mode: oldMode },
    new: { file: newFile, hash: newHash, mode: newMode },
  };
  return { path, newPath: words[7] ?? path, sides, more: words[8] ?? "" };
}

function modeLines(old: string, now: string): readonly string[] {
  if (old === ".") return [`new file mode ${now}`];
  if (now === ".") return [`deleted file mode ${old}`];
  return old === now ? [] : [`old mode ${old}`, `new mode ${now}`];
}

function isKnown(hash: string): boolean {
  return !/^(\.|0+)$/.test(hash);
}

/** The head of a patch with the real names, in place of those of the temporary files that git compared. */
function headOf({ path, newPath, more }: ExternalCall, sides: NonNullable<ExternalCall["sides"]>): readonly string[] {
  const { old, new: now } = sides;
  const moreLines = more.split("\n").filter((line) => line !== "" && !line.startsWith("index "));
  const short = (hash: string): string => (hash === "." ? "0000000" : hash.slice(0, 12));
  const isTold = (isKnown(old.hash) || old.mode === ".") && (isKnown(now.hash) || now.mode === ".");
  const mode = old.mode === now.mode ? ` ${old.mode}` : "";
  return [
    `diff --git ${quotePath(`a/${path}`)} ${quotePath(`b/${newPath}`)}`,
    ...modeLines(old.mode, now.mode),
    ...moreLines,
    ...(isTold ? [`index ${short(old.hash)}..${short(now.hash)}${mode}`] : []),
  ];
}

function withTab(name: string): string {
  return name.includes(" ") && !name.startsWith('"') ? `${name}\t` : name;
}

/** The patch of one file as git itself would write it; null where git cannot be started. */
export async function externalPatch(
  call: ExternalCall,
  place: Parameters<typeof startGit>[1],
): Promise<Uint8Array | null> {
  const { path, newPath, sides } = call;
  if (sides === null) return Buffer.from(`* Unmerged path ${path}\n`);
  const run = startGit(
    ["diff", "--no-index", "--no-ext-diff", "--no-textconv", "--", sides.old.file, sides.new.file],
    place,
  );
  if (!run.ok) return null;
  const compared = Buffer.concat(await Array.fromAsync(run.value.bytes)).toString("latin1");
  await run.value.end;
  const file = parsePatch(compared).find((item) => item.kind === "file")?.file;
  const before = sides.old.mode === "." ? "/dev/null" : withTab(quotePath(`a/${path}`));
  const after = sides.new.mode === "." ? "/dev/null" : withTab(quotePath(`b/${newPath}`));
  const names = file === undefined || file.hunks.length === 0 ? [] : [`--- ${before}`, `+++ ${after}`];
  const binary = file?.isBinary === true ? [`Binary files ${before} and ${after} differ`] : [];
  const head = [...headOf(call, sides), ...names, ...binary].map((line) => `${latin1(line)}\n`);
  const body = file === undefined ? "" : emitItem({ kind: "file", file: { ...file, head: [] } });
  return Buffer.from(head.join("") + body, "latin1");
}

function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}
