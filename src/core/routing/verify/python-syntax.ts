/** Where the reading of Python text stands. */
interface Reader {
  readonly code: string;
  at: number;
  line: number;
  readonly brackets: { readonly mark: string; readonly line: number }[];
}

const CLOSING: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/** Skips a string that begins here; what is wrong with it, or null. */
function skipString(reader: Reader, isFormatted: boolean): string | null {
  const { code } = reader;
  const quote = code[reader.at] ?? "";
  const isTriple = code.startsWith(quote.repeat(3), reader.at);
  const mark = isTriple ? quote.repeat(3) : quote;
  const began = reader.line;
  reader.at += mark.length;
  while (reader.at < code.length) {
    if (code.startsWith(mark, reader.at)) {
      reader.at += mark.length;
      return null;
    }
    const char = code[reader.at];
    if (char === "\n") {
      // Since Python 3.12 an f-string may hold its own quotes (PEP 701): its end is not judged.
      if (!isTriple) return isFormatted ? null : `a string does not end (line ${began})`;
      reader.line++;
    }
    if (char === "\\" && code[reader.at + 1] === "\n") reader.line++;
    reader.at += char === "\\" ? 2 : 1;
  }
  return isFormatted && !isTriple ? null : `a string does not end (line ${began})`;
}

function takeBracket(reader: Reader, char: string): string | null {
  const opening = CLOSING[char];
  if (opening === undefined) {
    reader.brackets.push({ mark: char, line: reader.line });
    return null;
  }
  return reader.brackets.pop()?.mark === opening ? null : `"${char}" closes nothing (line ${reader.line})`;
}

/** One line of code with its strings and comments taken out; what goes on from the line before is part of it. */
interface LogicalLine {
  readonly indent: string;
  readonly text: string;
  readonly line: number;
}

/** The logical lines of a text (The Python Language Reference, 2.1), or what is wrong with its strings and brackets. */
function logicalLines(code: string): readonly LogicalLine[] | string {
  const reader: Reader = { code, at: 0, line: 1, brackets: [] };
  const lines: LogicalLine[] = [];
  let text = "";
  let began = 1;
  const end = (): void => {
    if (text.trim() !== "") lines.push({ indent: /^[ \t]*/.exec(text)?.[0] ?? "", text: text.trim(), line: began });
    text = "";
    began = reader.line + 1;
  };
  while (reader.at < code.length) {
    const char = code[reader.at] ?? "";
    let problem: string | null = null;
    if (char === "#") {
      const newline = code.indexOf("\n", reader.at);
      reader.at = newline === -1 ? code.length : newline;
      continue;
    }
    if (char === '"' || char === "'") {
      problem = skipString(reader, /(?<![\p{L}\d_])[rb]?[ft][rb]?$/iu.test(text));
      text += "''";
    } else {
      if ("([{)]}".includes(char)) problem = takeBracket(reader, char);
      if (char === "\\" && code[reader.at + 1] === "\n") {
        reader.line++;
        reader.at++;
      } else if (char === "\n") {
        if (reader.brackets.length === 0) end();
        reader.line++;
      } else text += char;
      reader.at++;
    }
    if (problem !== null) return problem;
  }
  end();
  const open = reader.brackets.at(-1);
  return open === undefined ? lines : `"${open.mark}" is not closed (line ${open.line})`;
}

const OPENS_BLOCK =
  /^(?:async\s+)?(?:def|class|if|elif|else|for|while|try|except|finally|with)\b(?!\s*=[^=])(?![\w.(]*\s*[=,)](?!=))/;

/** Blocks begin after a colon, deeper; and end where one began. */
function indentProblem(lines: readonly LogicalLine[]): string | null {
  const depths: string[] = [lines[0]?.indent ?? ""];
  let mustDeepen = false;
  for (const { indent, text, line } of lines) {
    const depth = depths.at(-1) ?? "";
    const isDeeper = indent.length > depth.length && indent.startsWith(depth);
    if (mustDeepen && !isDeeper) return `an indented block is missing (line ${line})`;
    if (isDeeper) {
      if (!mustDeepen) return `unexpected indent (line ${line})`;
      depths.push(indent);
    } else {
      while (depths.length > 1 && (depths.at(-1) ?? "").length > indent.length) depths.pop();
      if (depths.at(-1) !== indent) return `the indent fits no block around it (line ${line})`;
    }
    if (OPENS_BLOCK.test(text) && !text.includes(":")) return `":" is missing (line ${line})`;
    mustDeepen = text.endsWith(":");
  }
  return mustDeepen ? `the last block is empty` : null;
}

/** Not a module: a session at the prompt, a notebook, or a piece with its middle left out. */
const NO_MODULE = /^\s*(?:>>>|\$ |%|!|\.{3}\s*$|…)/m;

/**
 * Why a piece of Python cannot be parsed, as far as strings, brackets, colons and indents tell; null where nothing is found.
 * Expressions are not read: a wrong operator or a misspelt keyword is not seen.
 */
export function pythonProblem(code: string): string | null {
  if (NO_MODULE.test(code)) return null;
  const lines = logicalLines(code.replaceAll("\r\n", "\n"));
  return typeof lines === "string" ? lines : indentProblem(lines);
}
