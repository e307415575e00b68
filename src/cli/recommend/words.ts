import { formatUsd } from "../../core/money.ts";
import type {
  Change,
  ClassRecommendation,
  Contender,
  ContenderVerdict,
  RecommendView,
  TypicalRequest,
} from "../../core/recommend-view.ts";
import { VOTER_CORRELATION } from "../../core/routing/quality.ts";
import { formatCost, formatCount, formatDuration, formatPlural } from "../../terminal/format.ts";
import { type Column, plainText, renderTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";

const VERDICTS: Readonly<Record<ContenderVerdict, string>> = {
  chosen: "recommended",
  qualifies: "good enough too",
  quality: "not sure enough",
  unpriced: "no price known",
  budget: "over --budget",
  latency: "over --latency",
  "unmeasured-latency": "latency unmeasured",
};

/** What all judgements of one person in one week come to. */
const MOST_OF_PERSON = (1 / VOTER_CORRELATION).toFixed(1);
/** More than these are counted, not shown; `--json` has all. */
const MOST_SHOWN = 12;

function share(value: number): string {
  return value.toFixed(2);
}

function qualityOf({ quality: { mean, low, high } }: Contender): string {
  return `${share(mean)} (${share(low)}–${share(high)})`;
}

/** How much of a figure is prior and how much own. */
function evidenceOf({ quality: { priorWeight, ownWeight, source } }: Contender): string {
  const prior = `${source === null ? "guess" : "cited"} ${priorWeight}`;
  return ownWeight === 0
    ? `${prior}, ${source === null ? "unmeasured" : "own 0"}`
    : `${prior}, own ${ownWeight.toFixed(1)}`;
}

function latencyOf({ latencyMs }: Contender): string {
  return latencyMs === null ? "unmeasured" : formatDuration(latencyMs);
}

const FIGURES: readonly Column<Contender>[] = [
  { title: "quality (90 %)", cell: qualityOf },
  { title: "$ / 1k", cell: ({ costNanoUsd, isLocal }) => (isLocal ? "free" : formatCost(costNanoUsd)), align: "right" },
  { title: "latency", cell: latencyOf, align: "right" },
  { title: "evidence", cell: evidenceOf },
];

function columnsAt(floor: number): readonly Column<Contender>[] {
  return [
    { title: "model", cell: ({ model }) => model, canShrink: true },
    ...FIGURES.slice(0, 1),
    { title: `P(≥ ${share(floor)})`, cell: ({ probability }) => share(probability), align: "right" },
    ...FIGURES.slice(1),
    { title: "", cell: ({ verdict }) => VERDICTS[verdict], canShrink: true },
  ];
}

const TOKEN_WORDS: Readonly<Record<TypicalRequest["basis"], (requests: string, model: string) => string>> = {
  model: (requests, model) => `measured: ${requests} of this class at ${model}, last 30 days`,
  class: (requests) => `measured: ${requests} of this class, last 30 days`,
  all: (requests) => `measured: ${requests} of any class, last 30 days`,
  assumed: () => "assumed: fewer than 20 requests were measured",
};

function tokensLine({ model, tokens }: Contender): string {
  const { inputTokens, outputTokens, requests, basis } = tokens;
  const words = TOKEN_WORDS[basis](formatPlural(requests, "request"), plainText(model));
  return `A request takes ${formatCount(inputTokens)} input and ${formatCount(outputTokens)} output tokens (${words}).`;
}

function changeLine(change: Change): string {
  const model = plainText(change.model);
  switch (change.kind) {
    case "good-answers":
      return `${formatPlural(change.count, "more good answer")} of ${model}, and it is good enough`;
    case "bad-answers":
      return `${formatPlural(change.count, "bad answer")} of ${model}, and it no longer is`;
    case "price":
      return `a price of ${model} below ${formatUsd(change.belowNanoUsd)} for 1,000 requests`;
    case "floor":
      return `--floor ${(Math.floor(change.floor * 100) / 100).toFixed(2)}, which ${model} reaches`;
    case "budget":
      return `--budget ${formatUsd(change.nanoUsd).replace("$", "")}, which pays for ${model}`;
    case "latency":
      return `--latency ${(change.latencyMs / 1_000).toFixed(1)}, which ${model} keeps`;
  }
}

function headline({ taskClass, choice, nearest, floor, floorSource }: ClassRecommendation, wanted: number): string {
  const goal = `P(quality ≥ ${share(floor)}) ≥ ${wanted} (floor: ${floorSource})`;
  if (choice !== null) return `${taskClass}: ${plainText(choice)}, the cheapest with ${goal}`;
  if (nearest === null) return `${taskClass}: there is no such model to ask`;
  return `${taskClass}: nothing reaches ${goal}; the nearest is ${plainText(nearest)}`;
}

function sourceLines(shown: readonly Contender[]): readonly string[] {
  return shown.flatMap(({ model, quality: { source }, priorBasis }) =>
    source === null ? [] : [`  ${plainText(model)}: ${priorBasis}, ${source}`],
  );
}

/** One class in full: the table, what it rests on, and what would change it. */
export function showClass(one: ClassRecommendation, { wantedProbability }: RecommendView, terminal: Terminal): void {
  const { contenders, changes, floor } = one;
  terminal.out(terminal.style.bold(headline(one, wantedProbability)));
  const shown = contenders.slice(0, MOST_SHOWN);
  const [first] = shown;
  if (first === undefined) return;
  terminal.out("");
  for (const line of renderTable(shown, columnsAt(floor), terminal)) terminal.out(line);
  if (contenders.length > shown.length) {
    terminal.out(`${formatPlural(contenders.length - shown.length, "further model")}: --json lists them`);
  }
  terminal.out("");
  terminal.out(tokensLine(first));
  terminal.out(
    `Evidence is counted in answers, one person's of a week as ${MOST_OF_PERSON} at most; a guess is no measurement.`,
  );
  const sources = sourceLines(shown);
  if (sources.length > 0) terminal.out("Published figures:");
  for (const line of sources) terminal.out(line);
  if (changes.length > 0) terminal.out("What would change this:");
  for (const change of changes) terminal.out(`  ${changeLine(change)}`);
}

interface Line {
  readonly one: ClassRecommendation;
  readonly shown: Contender | undefined;
}

function verdictLine({ choice, nearest }: ClassRecommendation): string {
  if (choice !== null) return choice;
  return nearest === null ? "no such model" : `none; nearest ${nearest}`;
}

const OVERVIEW: readonly Column<Line>[] = [
  { title: "task", cell: ({ one }) => one.taskClass },
  { title: "model", cell: ({ one }) => verdictLine(one), canShrink: true },
  { title: "floor", cell: ({ one }) => share(one.floor), align: "right" },
  ...FIGURES.map(({ title, align = "left", cell }): Column<Line> => {
    return { title, align, cell: ({ shown }) => (shown === undefined ? "" : cell(shown)) };
  }),
];

/** One line a class. */
export function showOverview({ recommendations, wantedProbability }: RecommendView, terminal: Terminal): void {
  const lines = recommendations.map((one): Line => {
    const name = one.choice ?? one.nearest;
    return { one, shown: one.contenders.find(({ model }) => model === name) };
  });
  for (const line of renderTable(lines, OVERVIEW, terminal)) terminal.out(line);
  terminal.out("");
  terminal.out(
    `The cheapest with P(quality ≥ floor) ≥ ${wantedProbability}; lodestar recommend TASK says why and what would change it.`,
  );
}
