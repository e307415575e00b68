import { isJsonObject, type JsonValue } from "../../../core/json.ts";
import { success } from "../../../core/result.ts";
import { type Format, lineEndOf } from "./format.ts";

/** `export NAME = value # remark` with its line end, in parts that joined give the line back. */
interface Line {
  readonly head: string;
  readonly name: string;
  readonly value: string;
  /** White space, remark and line end. */
  readonly tail: string;
}

const ASSIGNMENT = /^([ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*)(.*?)([ \t]*\r?\n?)$/s;
const QUOTED = /^(["'`])(.*?)\1([ \t]*(?:#.*)?)$/s;
const PLAIN = /^(.*?)((?:^|[ \t]+)#.*)?$/s;

/** Lines with their ends, so that joining them gives the text back. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function readLine(line: string): Line | null {
  const [, head, name, raw, end] = ASSIGNMENT.exec(line) ?? [];
  if (head === undefined || name === undefined || raw === undefined || end === undefined) return null;
  const quoted = QUOTED.exec(raw);
  if (quoted !== null) return { head, name, value: quoted[2] ?? "", tail: (quoted[3] ?? "") + end };
  const [, value = "", remark = ""] = PLAIN.exec(raw) ?? [];
  return { head, name, value, tail: remark + end };
}

function quote(value: string): string {
  return /^[^\s#"'`\\$]*$/.test(value) ? value : `'${value}'`;
}

/** The line with another value; a remark behind an empty value needs a space before it now. */
function withValue(line: Line, value: string): string {
  const gap = line.tail.startsWith("#") ? " " : "";
  return `${line.head}${quote(value)}${gap}${line.tail}`;
}

/** Variables, one a line, as npm `dotenv` reads them; of a name that comes twice the last one counts. */
export const dotenv: Format = {
  empty: () => "",
  parse: (text) => {
    const lines = linesOf(text).flatMap((line) => readLine(line) ?? []);
    const values: unknown = Object.fromEntries(lines.map(({ name, value }) => [name, value] as const));
    return success(isJsonObject(values) ? values : {});
  },
  set: (text, path, value: JsonValue) => {
    const [name] = path;
    if (path.length !== 1 || typeof name !== "string" || typeof value !== "string" || /[\r\n']/.test(value))
      return null;
    const lines = linesOf(text);
    const index = lines.findLastIndex((line) => readLine(line)?.name === name);
    const old = index < 0 ? null : readLine(lines[index] ?? "");
    if (old !== null) return lines.with(index, withValue(old, value)).join("");
    const end = lineEndOf(text);
    const joint = text === "" || text.endsWith("\n") ? "" : end;
    return `${text}${joint}${name}=${quote(value)}${end}`;
  },
  remove: (text, path) => {
    const [name] = path;
    const lines = linesOf(text);
    const kept = lines.filter((line) => readLine(line)?.name !== name);
    return path.length === 1 && kept.length < lines.length ? kept.join("") : null;
  },
};
