import type { Source, Terminal } from "./terminal.ts";

const ENTER = /[\r\n]/;
const INTERRUPT = "\u0003";
const END = "\u0004";
const ERASE_LINE = "\u0015";
const BACKSPACES = ["\u007f", "\b"];
/** Marks around pasted text (xterm's bracketed paste) and any other escape sequence: no part of a secret. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with ESC.
const ESCAPE_SEQUENCE = /\u001b\[[0-9;?]*[A-Za-z~]/g;

/** What was typed so far, after one more chunk; `isDone` after Enter, null after Ctrl-C. */
export function typeSecret(typed: string, chunk: string): { readonly text: string; readonly isDone: boolean } | null {
  let text = typed;
  for (const letter of chunk.replaceAll(ESCAPE_SEQUENCE, "")) {
    if (letter === INTERRUPT) return null;
    if (ENTER.test(letter) || letter === END) return { text, isDone: true };
    if (BACKSPACES.includes(letter)) text = text.slice(0, -1);
    else if (letter === ERASE_LINE) text = "";
    else if (letter >= " ") text += letter;
  }
  return { text, isDone: false };
}

/** Asks a question that only `y` or `yes` agrees to. Where nobody can answer there is nobody to ask: it agrees. */
export async function confirm(terminal: Terminal, stdin: Source, question: string): Promise<boolean> {
  if (stdin.isTTY !== true || stdin.chunks === undefined) return true;
  terminal.talkRaw(`${question} [y/N] `);
  let typed = "";
  for await (const chunk of stdin.chunks()) {
    typed += chunk;
    if (ENTER.test(typed)) break;
  }
  return /^\s*y(es)?\s*$/i.test(typed);
}

/**
 * Asks for a secret on a terminal without showing it; from a pipe it reads everything. Null when the person gave up.
 * Never blocks for an answer where there is nobody to give one: an empty pipe is an empty secret.
 */
export async function readSecret(terminal: Terminal, stdin: Source, question: string): Promise<string | null> {
  if (stdin.isTTY !== true || stdin.chunks === undefined) return (await stdin.readAll()).trim();
  terminal.talkRaw(question);
  stdin.setRawMode?.(true);
  try {
    let typed = "";
    for await (const chunk of stdin.chunks()) {
      const next = typeSecret(typed, chunk);
      if (next === null) return null;
      typed = next.text;
      if (next.isDone) return typed.trim();
    }
    return typed.trim();
  } finally {
    stdin.setRawMode?.(false);
    terminal.talk("");
  }
}
