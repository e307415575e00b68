import { linesOf } from "../../core/lines.ts";
import type { Classifier } from "../../core/routing/classifier.ts";
import {
  type ClassifiedLine,
  classifyPrompt,
  openClassifier,
  readPromptLine,
} from "../../features/classify/classify-lines.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatPlural } from "../../terminal/format.ts";
import { failureProblem, usageProblem } from "../../terminal/problem.ts";
import { type Column, renderTable } from "../../terminal/table.ts";
import type { Source, Terminal } from "../../terminal/terminal.ts";
import { defineCommand, type Outcome } from "../command.ts";
import { jsonFlag } from "../shared-flags.ts";

const COLUMNS: readonly Column<ClassifiedLine>[] = [
  { title: "id", cell: ({ id }) => (id === null ? "–" : String(id)), canShrink: true },
  { title: "class", cell: (line) => line.class },
  { title: "probability", cell: (line) => line.probabilities[line.class].toFixed(2), align: "right" },
  { title: "domain", cell: ({ domain }) => domain },
  { title: "", cell: ({ abstained }) => (abstained ? "too unsure to act on" : "") },
];

/** So many rows make a table, then the next one begins: input may be endless. */
const TABLE_ROWS = 500;
/** So many lines go out at once. */
const BATCH_LINES = 200;

async function* chunksOf(stdin: Source): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  if (stdin.chunks === undefined) yield encoder.encode(await stdin.readAll());
  else for await (const chunk of stdin.chunks()) yield encoder.encode(chunk);
}

interface Printer {
  add(line: ClassifiedLine): Promise<void>;
  end(): Promise<void>;
}

/** Shows lines as they come, in batches; memory does not grow with their number. */
function createPrinter(terminal: Terminal, isJson: boolean): Printer {
  const rows: ClassifiedLine[] = [];
  const flush = async (): Promise<void> => {
    if (rows.length === 0) return;
    const lines = isJson ? rows.map((row) => JSON.stringify(row)) : renderTable(rows, COLUMNS, terminal);
    terminal.write(`${lines.join("\n")}\n`);
    rows.length = 0;
    await terminal.drained();
  };
  return {
    add: async (line) => {
      rows.push(line);
      if (rows.length >= (isJson ? BATCH_LINES : TABLE_ROWS)) await flush();
    },
    end: flush,
  };
}

async function classifyLines(
  classifier: Classifier,
  stdin: Source,
  terminal: Terminal,
  isJson: boolean,
): Promise<Outcome> {
  const printer = createPrinter(terminal, isJson);
  let number = 0;
  let bad = 0;
  for await (const line of linesOf(chunksOf(stdin))) {
    number += 1;
    if (line.trim() === "") continue;
    const prompt = readPromptLine(line);
    if (prompt.ok) await printer.add(classifyPrompt(classifier, prompt.value));
    else {
      bad += 1;
      terminal.talk(`line ${number}: ${prompt.error}`);
    }
  }
  await printer.end();
  if (bad === 0) return EXIT_CODES.ok;
  const fix = 'each line is {"id": "1", "prompt": "…"} or {"id": "1", "messages": [{"role": "user", "content": "…"}]}';
  return failureProblem("bad_prompt_lines", `${formatPlural(bad, "line")} of ${number} could not be read`, fix);
}

export const command = defineCommand({
  meta: {
    name: "classify",
    description: "Which of the seven task classes prompts are, by the classifier that `auto` uses",
    examples: [
      ['lodestar route classify "why does this loop never end?"', "one prompt"],
      ["lodestar route classify --json < prompts.ndjson", "a line of JSON for each line"],
    ],
    notes: [
      'Lines of input are {"id", "prompt"} or {"id", "messages"}; of messages the last turn of the person counts.',
      "Lines that cannot be read are told of with their number; the others are classified, and the exit code is 1.",
    ],
  },
  args: {
    prompt: {
      type: "positional",
      required: false,
      valueHint: "PROMPT",
      description: "one prompt; without it, standard input",
    },
    ...jsonFlag,
  },
  async run({ args, terminal, stdin }) {
    if (args.prompt !== undefined) {
      const line = classifyPrompt(openClassifier(), { id: null, text: args.prompt });
      const lines = args.json ? [JSON.stringify(line)] : renderTable([line], COLUMNS, terminal);
      terminal.write(`${lines.join("\n")}\n`);
      return EXIT_CODES.ok;
    }
    if (stdin.isTTY === true)
      return usageProblem("nothing_to_classify", "there is no prompt, and no input", 'lodestar route classify "…"');
    return classifyLines(openClassifier(), stdin, terminal, args.json);
  },
});
