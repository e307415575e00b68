import type { EditFormat } from "./edit.ts";
import { FAILURE_WORDS, type Failure } from "./failure-kind.ts";
import { plainOutput, shortened } from "./plain-output.ts";

/** A file shown to the model. */
export interface ShownFile {
  readonly path: string;
  readonly text: string;
  /** Whether it may be edited. */
  readonly isOpen: boolean;
}

/** What was tried and how it failed, in words. */
export interface TriedEdit {
  readonly attempt: number;
  readonly model: string;
  readonly result: string;
}

/** What a repair is asked with. */
export interface RepairQuestion {
  readonly command: readonly string[];
  readonly exitCode: number;
  readonly failure: Failure;
  readonly output: string;
  readonly files: readonly ShownFile[];
  readonly tried: readonly TriedEdit[];
  readonly format: EditFormat;
}

/** How much of the output is shown. Characters. */
const SHOWN_OUTPUT = 8_000;
const SHOWN_RESULT = 3_000;

const FORMAT_WORDS: Readonly<Record<EditFormat, string>> = {
  whole: `Answer with each file that you change as a whole, its path on the line before:

path/to/file.py
\`\`\`
the complete new text of the file
\`\`\``,
  replace: `Answer with blocks of search and replace, the path of the file on the line before each. SEARCH holds lines exactly as they are now, enough of them to occur once:

path/to/file.py
<<<<<<< SEARCH
lines as they are
=======
lines as they should be
>>>>>>> REPLACE`,
  diff: `Answer with one unified diff (--- a/path, +++ b/path, @@ hunks with three lines of context) in a \`\`\`diff fence.`,
};

const RULES = `A command failed. Change the source files so that it succeeds, for the right reason: repair the cause, with as little change as it needs.
Do not change tests. Do not delete, skip or special-case what is tested. Do not leave code out, as in "...": what you write is put into the file as it is.`;

/** A fence longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text.endsWith("\n") ? text : `${text}\n`}${fence}`;
}

function fileText({ path, text, isOpen }: ShownFile): string {
  return `${path}${isOpen ? "" : " (only to read: it may not be changed)"}\n${fenced(text)}`;
}

function triedText({ attempt, model, result }: TriedEdit): string {
  return `Attempt ${attempt} (${model}) did not do: ${shortened(result, SHOWN_RESULT)}`;
}

/** The messages, as in an OpenAI chat request, that ask a model for a repair. */
export function repairMessages(
  question: RepairQuestion,
): readonly { readonly role: string; readonly content: string }[] {
  const { command, exitCode, failure, output, files, tried, format } = question;
  const parts = [
    `The command: ${command.join(" ")}\nIt ended with exit code ${exitCode}: ${FAILURE_WORDS[failure.kind]}${failure.line === "" ? "" : ` (${failure.line.slice(0, 300)})`}.`,
    `What it wrote:\n${fenced(shortened(plainOutput(output), SHOWN_OUTPUT))}`,
    ...files.map(fileText),
    ...tried.map(triedText),
    tried.length === 0 ? "" : "Do it another way.",
  ].filter((part) => part !== "");
  return [
    { role: "system", content: `${RULES}\n\n${FORMAT_WORDS[format]}` },
    { role: "user", content: parts.join("\n\n") },
  ];
}

/** Above so many characters of files that may be edited, models are asked for edits and not for whole files. */
const WHOLE_MOST = 12_000;
/** In billions of parameters: larger models keep to an edit format. Assumed, not measured. */
const LARGE_BILLIONS = 30;

/** The format to ask for: whole files of small models and where little is shown, else blocks of search and replace. */
export function formatFor(model: string, files: readonly ShownFile[]): EditFormat {
  const billions = Number(/[:_-](\d+(?:\.\d+)?)b\b/i.exec(model)?.[1] ?? Number.NaN);
  const size = files.filter(({ isOpen }) => isOpen).reduce((sum, { text }) => sum + text.length, 0);
  if (billions >= LARGE_BILLIONS) return "replace";
  return size <= WHOLE_MOST ? "whole" : "replace";
}
