const ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  '"': '"',
  "\\": "\\",
};

/** A path that git quoted as C does (`core.quotePath`): octal bytes and escapes; others as they are. */
function unquotePath(text: string): string {
  if (!(text.length >= 2 && text.startsWith('"') && text.endsWith('"'))) return text;
  return text
    .slice(1, -1)
    .replace(/\\([0-7]{3}|.)/gs, (_, code: string) =>
      code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
    );
}

/** What git writes before paths: `a/ b/`, with `diff.mnemonicPrefix` others; `--no-prefix` none. */
const PREFIX = /^[abciwo12]\//;

/** A path of `---` or `+++`, a time stamp after a tab cut off; null for `/dev/null`. Prefixes stay. */
export function headerPath(rest: string): string | null {
  const path = rest.startsWith('"') ? rest.slice(0, rest.lastIndexOf('"') + 1) : (rest.split("\t")[0] ?? "");
  return path === "/dev/null" ? null : unquotePath(path);
}

/** Both paths without their prefixes, where both have one, or the one that is there has. */
export function withoutPrefixes(
  oldPath: string | null,
  newPath: string | null,
): readonly [string | null, string | null] {
  const strip = (path: string | null): string | null => path?.replace(PREFIX, "") ?? null;
  const isPrefixed = [oldPath, newPath].every((path) => path === null || PREFIX.test(path));
  return isPrefixed ? [strip(oldPath), strip(newPath)] : [oldPath, newPath];
}

/** The two paths of `diff --git X Y`, told apart only where they are the same but for the prefix, or quoted. */
export function gitPaths(rest: string): readonly [string, string] | null {
  const quoted = /^("(?:\\.|[^"\\])*"|\S+) ("(?:\\.|[^"\\])*"|\S+)$/.exec(rest);
  if (quoted?.[1] !== undefined && quoted[2] !== undefined) return [unquotePath(quoted[1]), unquotePath(quoted[2])];
  const middle = (rest.length - 1) / 2;
  if (rest[middle] !== " ") return null;
  const [first, second] = [rest.slice(0, middle), rest.slice(middle + 1)];
  return first.replace(PREFIX, "") === second.replace(PREFIX, "") ? [first, second] : null;
}

const QUOTED = new Map(Object.entries(ESCAPES).map(([letter, character]) => [character, `\\${letter}`]));

/** A path as git writes it in a patch: quoted as C does where a character would be mistaken, bytes beyond ASCII in octal. */
export function quotePath(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must be quoted.
  if (!/["\\\u0000-\u001f\u007f-\uffff]/.test(path)) return path;
  const bytes = new TextEncoder().encode(path);
  const quoted = Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    const isPlain = byte >= 0x20 && byte < 0x7f;
    return QUOTED.get(character) ?? (isPlain ? character : `\\${byte.toString(8).padStart(3, "0")}`);
  });
  return `"${quoted.join("")}"`;
}
