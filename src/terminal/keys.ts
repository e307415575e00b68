/** A key by name, or the character that was typed. */
export type Key =
  | "up"
  | "down"
  | "left"
  | "right"
  | "page-up"
  | "page-down"
  | "home"
  | "end"
  | "enter"
  | "escape"
  | "backspace"
  | "interrupt"
  | { readonly typed: string };

const SEQUENCES: Readonly<Record<string, Key>> = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  OA: "up",
  OB: "down",
  OC: "right",
  OD: "left",
  "[5~": "page-up",
  "[6~": "page-down",
  "[H": "home",
  "[F": "end",
  "[1~": "home",
  "[4~": "end",
};

const LETTERS: Readonly<Record<string, Key>> = {
  "\r": "enter",
  "\n": "enter",
  "\u007f": "backspace",
  "\b": "backspace",
  "\u0003": "interrupt",
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: keys send sequences that start with ESC.
const TOKEN = /\u001b(\[[\d;?]*[A-Za-z~]|O[A-Z])|[\s\S]/gu;

/**
 * The keys in what a terminal sent at once. An escape that nothing follows is the key itself; sequences that are no key of
 * ours are left out (xterm's `ctlseqs`).
 */
export function readKeys(chunk: string): readonly Key[] {
  return [...chunk.matchAll(TOKEN)].flatMap(([text, sequence]): readonly Key[] => {
    if (sequence !== undefined) return [SEQUENCES[sequence]].filter((key) => key !== undefined);
    if (text === "\u001b") return ["escape"];
    const named = LETTERS[text];
    if (named !== undefined) return [named];
    return text < " " ? [] : [{ typed: text }];
  });
}
