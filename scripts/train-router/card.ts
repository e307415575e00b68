import type { Interval } from "../../src/core/learn/metrics.ts";
import { TASK_CLASSES } from "../../src/core/routing/task-class.ts";
import { type Material, shippedExamples } from "./material.ts";
import { FIELD_NAMES, type Measured, type Report } from "./measure.ts";

const SOURCES: readonly (readonly [source: string, what: string, licence: string])[] = [
  ["own", "prompts written for this project, `config/router/prompts`", "the project's own licence"],
  ["grammar", "put together from `config/router/grammar.txt`", "the project's own licence"],
  [
    "commits",
    "commit subjects of Aider, the Vercel AI SDK and the vLLM semantic router (Apache-2.0), awesome-copilot (MIT)",
    "Apache-2.0, MIT",
  ],
  ["copilot", "descriptions of github/awesome-copilot", "MIT"],
  ["general", "seed tasks of yizhongw/self-instruct", "Apache-2.0"],
  ["tasks", "questions of ulab-uiuc/LLMRouter (knowledge, maths)", "MIT"],
  ["tasks-code", "questions of ulab-uiuc/LLMRouter (MBPP, HumanEval)", "MIT"],
  ["mmlu", "MMLU as in lm-sys/RouteLLM", "Apache-2.0, MIT"],
  [
    "clinc150",
    "CLINC150, Larson et al. 2019, *An Evaluation Dataset for Intent Classification and Out-of-Scope Prediction*",
    "CC BY 3.0",
  ],
];

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

function span({ value, low, high }: Interval): string {
  return `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function figures(rows: readonly Measured[]): string {
  const head = ["prompts", "n", "macro-F1", "accuracy", "ECE", "abstained", "right where it acts"];
  return table(
    head,
    rows.map((row) => [
      row.name,
      String(row.count),
      span(row.macroF1),
      span(row.accuracy),
      row.calibrationError.toFixed(3),
      percent(row.abstained),
      percent(row.actedAccuracy),
    ]),
  );
}

function byClass(rows: readonly Measured[]): string {
  return table(
    ["prompts", ...TASK_CLASSES],
    rows.map((row) => [row.name, ...row.classF1.map((value) => value.toFixed(2))]),
  );
}

function dataTable(material: Material): string {
  const counts = new Map<string, number>();
  for (const { source } of shippedExamples(material)) counts.set(source, (counts.get(source) ?? 0) + 1);
  const rows = SOURCES.map(([source, what, licence]) => [source, String(counts.get(source) ?? 0), what, licence]);
  return table(["source", "prompts", "what", "licence"], rows);
}

function fieldTable(rows: readonly Measured[]): string {
  return table(
    ["prompts", "n", "field right"],
    rows.map(({ name, fields }) => [name, String(fields.count), percent(fields.accuracy)]),
  );
}

/** The model card of the shipped weights as Markdown, with every figure that was measured. */
export function modelCard(material: Material, { calibration, rows, styles }: Report, byteCount: number): string {
  return `<!-- Written by scripts/train-router.ts. -->

# Model card: the task classifier

What \`auto\` uses to tell which of seven kinds of task a prompt is (${TASK_CLASSES.map((name) => `\`${name}\``).join(", ")}), and
which field it is of (${FIELD_NAMES.join(", ")}, other). It runs in the gateway, calls nothing, and keeps nothing.

## Model

Two linear softmax classifiers over the same hashed features: words and pairs of words, the first and the last ten words,
rows of three to five characters, words of pasted code, the words of the sentences that ask for something, and the
structure (length, lines, fences, share of code, names like \`camelCase\`, a question mark at the end). Prose and code are
told apart line by line; each group of features is scaled by itself. Of a long prompt both ends are read. Weights are
whole numbers of eight bits in a table of 131,072 places: ${byteCount.toLocaleString("en-US")} bytes. Features that training did
not see, or saw less often than 90,000 others, are not known, and count for nothing.

Probabilities are calibrated by temperature on the validation styles (${calibration.task} for the class, ${calibration.domain} for the field). Below
${calibration.abstainBelow} the classifier abstains, as it does for a text without a known word; the router then takes the default.

## Data

${dataTable(material)}

Published sets are sampled, texts above 120 characters are left out (but for *hand*), and each set counts for no more than a few own
prompts: their labels are weak and their shares of the classes are not those of real requests. Own prompts are split by style: the styles
${styles.map(({ name }) => `*${name}*`).join(", ")} were never trained on. Of the others,
the shipped weights saw all; the figures of *hand* and of each set that is *left out* are of weights that have not seen it.

## Figures

Macro-F1 and accuracy with 95 % intervals (bootstrap, 200 rounds). Unless it says *shipped weights*, training saw no validation
style and nothing of *hand*.

${figures(rows)}

By class (F1):

${byClass(rows.slice(0, 4))}

By test style (shipped weights):

${figures(styles)}

Coding, maths and writing told apart, among prompts of these three fields:

${fieldTable(rows.slice(0, 4))}

## Limits

- The *hand* set holds 3 code reviews and 7 to 12 prompts of four other classes, so that its macro-F1 rests on few prompts, and a
  single labeller read them; the left-out sets hold few classes, too: read their accuracy.
- Long tales in which one sentence holds the request are the weakest style; words of another class in the prompt mislead it at times.
- No test prompt was trained on, but some train styles are of the same kind as test styles (long tales, trackers, decoys), though other
  prompts. Expect less of ways of asking that no train style resembles: *hand* shows how much less.
- It was trained on English above all, with some German, Spanish, French, Portuguese, Russian, Chinese and Japanese, and a few prompts in
  other languages, in which it mostly abstains or says *general*.
- The labels of fields of the own prompts that are not about programs were given by their words, not by hand.
- It judges what is asked for. Whether a model is good enough for it is another model's task.
`;
}
