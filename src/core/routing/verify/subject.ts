import type { Reply } from "../../reply.ts";
import type { ChatRequest, Message, Part, TextPart } from "../../request.ts";
import type { Fence, Subject, SyntaxCheck } from "./verdict.ts";

const OPENING = /^ {0,3}(`{3,}|~{3,})\s*([^\s`{]*)/;

/** A block that is still open while lines are read. */
interface OpenFence {
  readonly marks: string;
  readonly language: string;
  readonly line: number;
  readonly lines: string[];
}

function isClosing(line: string, { marks }: OpenFence): boolean {
  const trimmed = line.trim();
  return trimmed.length >= marks.length && trimmed === (marks[0] ?? "").repeat(trimmed.length);
}

function fenceOf({ language, lines, line }: OpenFence, isClosed: boolean): Fence {
  return { language, code: lines.join("\n"), line, isClosed };
}

/** The fenced blocks of a text (CommonMark 0.31, 4.5: back ticks or tildes, closed by at least as many), and what stands outside. */
function splitFences(text: string): { readonly fences: readonly Fence[]; readonly prose: string } {
  const fences: Fence[] = [];
  const prose: string[] = [];
  let open: OpenFence | null = null;
  for (const [index, line] of text.split("\n").entries()) {
    if (open !== null) {
      if (!isClosing(line, open)) {
        open.lines.push(line);
        continue;
      }
      fences.push(fenceOf(open, true));
      open = null;
      continue;
    }
    const found = OPENING.exec(line);
    if (found === null) prose.push(line);
    else open = { marks: found[1] ?? "", language: (found[2] ?? "").toLowerCase(), line: index + 1, lines: [] };
  }
  if (open !== null) fences.push(fenceOf(open, false));
  return { fences, prose: prose.join("\n") };
}

function textOfPart(part: Part): string {
  if (part.type === "text") return part.text;
  if (part.type === "tool-result") return part.content.map(textOfPart).join("\n");
  return part.type === "tool-call" ? part.arguments : "";
}

function textOfMessage({ parts }: Message): string {
  return parts.map(textOfPart).join("\n");
}

function lastUserText(messages: readonly Message[]): string {
  const asked = messages.findLast(({ role, parts }) => role === "user" && parts.some(({ type }) => type === "text"));
  const texts = asked?.parts.filter((part): part is TextPart => part.type === "text") ?? [];
  return texts.map(({ text }) => text).join("\n");
}

/** Reads an answer and its request for the checks. Of an answer with alternatives only the first is read. */
export function subjectOf(request: ChatRequest, reply: Reply, syntax: SyntaxCheck): Subject {
  const texts = reply.parts.filter((part): part is TextPart => part.type === "text");
  const text = texts.map((part) => part.text).join("");
  return {
    request,
    reply,
    text,
    ...splitFences(text),
    userText: lastUserText(request.messages),
    givenText: request.messages.map(textOfMessage).join("\n"),
    syntax,
  };
}
