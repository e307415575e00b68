import { failure, type Result, success } from "../../result.ts";

/** Longer than any path that a person writes into a rule. */
const MOST_LENGTH = 256;
const MOST_ALTERNATIVES = 32;

/** Pieces of one alternative: a character, `?`, `*` (within a name), `**` (across folders), or that with a slash (any folders, or none). */
type Pieces = readonly string[];

/** A glob over paths, ready to be asked. */
export type GlobTest = (path: string) => boolean;

/** `{a,b}` written out, or what is wrong with it. */
function alternatives(text: string): Result<readonly string[], string> {
  const open = text.indexOf("{");
  if (open === -1) return text.includes("}") ? failure("has a } without its {") : success([text]);
  const close = text.indexOf("}", open);
  if (close === -1) return failure("has a { that is not closed");
  const inner = text.slice(open + 1, close);
  if (inner.includes("{")) return failure("has braces within braces");
  const rest = alternatives(text.slice(close + 1));
  if (!rest.ok) return rest;
  const all = inner.split(",").flatMap((choice) => rest.value.map((tail) => text.slice(0, open) + choice + tail));
  return all.length > MOST_ALTERNATIVES
    ? failure(`stands for more than ${MOST_ALTERNATIVES} alternatives`)
    : success(all);
}

const ANY_FOLDERS = "**/";

/** A glob that does not begin with a slash matches the end of a path, from the beginning of a name on. */
function piecesOf(text: string): Pieces {
  const rooted = text.startsWith("/") ? text : ANY_FOLDERS + text.replace(/^\.\//, "");
  const whole = rooted.endsWith("/") ? `${rooted}**` : rooted;
  return whole.replaceAll(/(?:\*\*\/)+/g, ANY_FOLDERS).match(/\*\*\/|\*+|[^*]/gs) ?? [];
}

/** Reaches a place, and those behind it that need no character. */
function reach(pieces: Pieces, places: Uint8Array, at: number): void {
  places[at] = 1;
  if (pieces[at]?.startsWith("*") === true) reach(pieces, places, at + 1);
}

/** Where the pieces may stand after one more character. */
function step(pieces: Pieces, places: Uint8Array, character: string, next: Uint8Array): void {
  const isSlash = character === "/";
  for (let at = 0; at < pieces.length; at++) {
    if (places[at] !== 1) continue;
    const piece = pieces[at];
    if (piece === ANY_FOLDERS) {
      next[at] = 1;
      if (isSlash) reach(pieces, next, at + 1);
    } else if (piece === "**" || (piece === "*" && !isSlash)) reach(pieces, next, at);
    else if (piece === character || (piece === "?" && !isSlash)) reach(pieces, next, at + 1);
  }
}

/** Takes time in proportion to both lengths, whatever is in them: paths come from clients, globs from repositories. */
function matches(pieces: Pieces, path: string): boolean {
  let places = new Uint8Array(pieces.length + 1);
  let next = new Uint8Array(pieces.length + 1);
  reach(pieces, places, 0);
  for (const character of path) {
    next.fill(0);
    step(pieces, places, character, next);
    [places, next] = [next, places];
  }
  return places[pieces.length] === 1;
}

/** The end that every match has, to tell most paths apart at once. */
function literalEnd(text: string): string {
  return /[^*?/{}]*$/.exec(text)?.[0] ?? "";
}

function testOf(text: string): GlobTest {
  const pieces = piecesOf(text);
  const end = literalEnd(text);
  return (path) => path.endsWith(end) && matches(pieces, path.replaceAll("\\", "/"));
}

/**
 * Reads a glob over paths: `*` and `?` within a name, `**` across folders, `{a,b}` for either. One that does not begin with a slash
 * matches the end of a path (`*.sql`, `src/**`), so that it holds for absolute paths too. Backslashes in paths read as slashes. The
 * failure says what is wrong, to stand behind the glob's name.
 */
export function readGlob(text: string): Result<GlobTest, string> {
  if (text.trim() === "") return failure("is empty");
  if (text.length > MOST_LENGTH) return failure(`is longer than ${MOST_LENGTH} characters`);
  if (/[[\]]/.test(text)) return failure("has brackets, which mean nothing here: write {a,b} for one of several");
  if (text.includes("***")) return failure("has more than two stars in a row");
  if (text.includes("\\")) return failure("has a backslash: write folders with /");
  const written = alternatives(text);
  if (!written.ok) return written;
  const tests = written.value.map(testOf);
  const [only] = tests;
  return success(only !== undefined && tests.length === 1 ? only : (path) => tests.some((test) => test(path)));
}

/** How many pieces a glob is matched by: one path takes so many steps a character at most. 0 for one that cannot be read. */
export function globSize(text: string): number {
  const written = alternatives(text);
  return written.ok ? written.value.reduce((sum, one) => sum + piecesOf(one).length, 0) : 0;
}
