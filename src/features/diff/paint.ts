import type { Colours } from "../../terminal/terminal.ts";
import { cutTo, displayWidth } from "../../terminal/width.ts";
import type { ScopedText } from "./highlight.ts";
import type { ShownLine } from "./rows.ts";
import type { WordSpan } from "./words.ts";

/** A piece of a line with all that decides its colour. */
interface Piece {
  readonly text: string;
  readonly scope: string | null;
  readonly isChanged: boolean;
}

type PaintName = "magenta" | "yellow" | "cyan" | "gray" | "blue";

/** Colours of the scopes that are worth one; red and green are left to what was removed and added. */
const SCOPES: Readonly<Record<string, PaintName>> = {
  attr: "cyan",
  attribute: "cyan",
  built_in: "cyan",
  comment: "gray",
  doctag: "gray",
  keyword: "magenta",
  literal: "blue",
  meta: "gray",
  name: "blue",
  number: "blue",
  quote: "gray",
  regexp: "yellow",
  section: "magenta",
  "selector-class": "cyan",
  "selector-tag": "magenta",
  string: "yellow",
  tag: "gray",
  title: "cyan",
  type: "cyan",
};

/** Cuts two ways of dividing the same text into the pieces of both. */
function divide(scoped: readonly ScopedText[], spans: readonly WordSpan[]): readonly Piece[] {
  const pieces: Piece[] = [];
  let [at, used] = [0, 0];
  for (const { text, isChanged } of spans) {
    let left = text;
    while (left !== "") {
      const current = scoped[at];
      if (current === undefined) {
        pieces.push({ text: left, scope: null, isChanged });
        break;
      }
      const part = left.slice(0, current.text.length - used);
      pieces.push({ text: part, scope: current.scope, isChanged });
      left = left.slice(part.length);
      used += part.length;
      if (used >= current.text.length) [at, used] = [at + 1, 0];
    }
  }
  return pieces;
}

/** What a line is made of before it is painted. */
export interface LineParts {
  readonly line: ShownLine;
  readonly scoped: readonly ScopedText[] | null;
  readonly spans: readonly WordSpan[] | null;
}

function piecesOf({ line, scoped, spans }: LineParts): readonly Piece[] {
  const { text } = line;
  if (scoped === null && spans === null) return text === "" ? [] : [{ text, scope: null, isChanged: false }];
  return divide(scoped ?? [], spans ?? [{ text, isChanged: false }]);
}

/** How the pieces of a line are painted. */
function painterOf({ line: { kind }, scoped }: LineParts, style: Colours): (piece: Piece) => string {
  return ({ text, scope, isChanged }) => {
    if (kind === "removed") return isChanged ? style.inverse(style.red(text)) : style.red(text);
    if (kind === "added" && isChanged) return style.inverse(style.green(text));
    if (kind === "added" && scoped === null) return style.green(text);
    const colour = scope === null ? undefined : SCOPES[scope];
    return colour === undefined ? text : style[colour](text);
  };
}

/** A line in colours: red where it was removed, green or its language's colours where it was added. */
export function paintLine(parts: LineParts, style: Colours): string {
  const { kind, ending } = parts.line;
  const painted = piecesOf(parts).map(painterOf(parts, style));
  return painted.join("") + (ending === "" || kind === "context" ? "" : style.dim(ending));
}

/** A line in colours, broken into rows of at most `width` columns. At least one. */
export function paintWrapped(parts: LineParts, width: number, style: Colours): readonly string[] {
  const rows: string[] = [];
  let [row, used] = ["", 0];
  const { kind, ending } = parts.line;
  const paint = painterOf(parts, style);
  for (const piece of piecesOf(parts)) {
    let left = piece.text;
    while (left !== "") {
      const part = fitting(left, width - used);
      if (part === "" && used > 0) {
        rows.push(row);
        [row, used] = ["", 0];
        continue;
      }
      // A character wider than the whole column still has to stand somewhere.
      const taken = part === "" ? ([...left][0] ?? left) : part;
      row += paint({ ...piece, text: taken });
      used += displayWidth(taken);
      left = left.slice(taken.length);
    }
  }
  const mark = ending === "" || kind === "context" || used >= width ? "" : style.dim(ending);
  return [...rows, row + mark];
}

/** As much of the beginning of a text as `width` columns hold. */
function fitting(text: string, width: number): string {
  if (width <= 0) return "";
  if (displayWidth(text) <= width) return text;
  // `cutTo` keeps whole characters and a column for its sign.
  return cutTo(text, width + 1).slice(0, -1);
}
