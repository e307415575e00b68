/** How much of either end of a long text the classifier reads. */
const END_CHARACTERS = 1_152;
const ROOM = 2 * END_CHARACTERS + 1;

const NEWLINE = 10;
const SPACE = 32;
const BACKTICK = 96;

/** A text as the classifier sees it. One object serves one text after another. */
export interface ReadText {
  /** Its characters in lower case, of the two ends of a long text. */
  readonly codes: Uint16Array;
  /** 1 where a character stands in a line of code, of a log or of a diff; 0 in prose. */
  readonly isCode: Uint8Array;
  length: number;
  lineCount: number;
  codeLineCount: number;
  fenceCount: number;
  /** Places where an upper-case letter follows a lower-case one, as in the names of code. */
  humpCount: number;
  backtickCount: number;
}

/** Room for reading texts. */
export function createReadText(): ReadText {
  return {
    codes: new Uint16Array(ROOM + 4),
    isCode: new Uint8Array(ROOM + 1),
    length: 0,
    lineCount: 0,
    codeLineCount: 0,
    fenceCount: 0,
    humpCount: 0,
    backtickCount: 0,
  };
}

/** Copies a span of a text in lower case, and counts humps and backticks on the way. */
function copySpan(read: ReadText, text: string, from: number, to: number): void {
  const { codes } = read;
  let place = read.length;
  let humps = 0;
  let backticks = 0;
  let before = 0;
  for (let index = from; index < to; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 65 && code <= 90) {
      if (before >= 97 && before <= 122) humps += 1;
      codes[place++] = code + 32;
    } else {
      if (code === BACKTICK) backticks += 1;
      codes[place++] = code;
    }
    before = code;
  }
  read.length = place;
  read.humpCount += humps;
  read.backtickCount += backticks;
}

function copyEnds(read: ReadText, text: string): void {
  read.length = 0;
  read.humpCount = 0;
  read.backtickCount = 0;
  const isWhole = text.length < ROOM;
  copySpan(read, text, 0, isWhole ? text.length : END_CHARACTERS);
  if (isWhole) return;
  read.codes[read.length++] = NEWLINE;
  copySpan(read, text, text.length - END_CHARACTERS, text.length);
}

/** How much each ASCII sign speaks for code: 2 for `= { } ; < >`, 1 for brackets, `_`, `|` and `$`. */
const SIGN_WEIGHTS = new Uint8Array(128);
for (const [signs, weight] of [
  ["={};<>", 2],
  ["()[]_|$", 1],
] as const)
  for (const sign of signs) SIGN_WEIGHTS[sign.charCodeAt(0)] = weight;

/** Whether a line's first or last sign settles that it is code: `}`, `<`, `@@`, `//`, `/*` before, `;`, `{`, `}` behind. */
function isCodeByEnds(codes: Uint16Array, first: number, end: number): boolean {
  const last = codes[end - 1] ?? 0;
  if (last === 59 || last === 123 || last === 125) return true;
  const opening = codes[first] ?? 0;
  const second = codes[first + 1] ?? 0;
  return (
    opening === 125 ||
    opening === 60 ||
    (opening === 64 && second === 64) ||
    (opening === 47 && (second === 47 || second === 42))
  );
}

function looksLikeCode(codes: Uint16Array, start: number, end: number): boolean {
  let first = start;
  while (first < end && (codes[first] === SPACE || codes[first] === 9)) first += 1;
  if (first === end) return false;
  if (isCodeByEnds(codes, first, end)) return true;
  let signs = 0;
  let spaces = 0;
  for (let index = first; index < end; index += 1) {
    const code = codes[index] ?? 0;
    if (code === SPACE) spaces += 1;
    else if (code < 128) signs += SIGN_WEIGHTS[code] ?? 0;
  }
  if (first - start >= 4 && signs > 0) return true;
  return signs >= 3 && signs * 3 > spaces;
}

function isFence(codes: Uint16Array, at: number): boolean {
  return codes[at] === BACKTICK && codes[at + 1] === BACKTICK && codes[at + 2] === BACKTICK;
}

function markLines(read: ReadText): void {
  const { codes, isCode, length } = read;
  read.lineCount = 0;
  read.codeLineCount = 0;
  read.fenceCount = 0;
  let isFenced = false;
  for (let start = 0; start < length; ) {
    let end = start;
    while (end < length && codes[end] !== NEWLINE) end += 1;
    const isMark = isFence(codes, start);
    if (isMark && !isFenced) read.fenceCount += 1;
    if (isMark) isFenced = !isFenced;
    const isCodeLine = isFenced || isMark || looksLikeCode(codes, start, end);
    isCode.fill(isCodeLine ? 1 : 0, start, end + 1);
    read.lineCount += 1;
    if (isCodeLine) read.codeLineCount += 1;
    start = end + 1;
  }
}

/** Reads a text into `read`: a few passes over at most 2.3 KB of it, whatever its length. */
export function readText(read: ReadText, text: string): void {
  copyEnds(read, text);
  read.codes[read.length] = 0;
  markLines(read);
}
