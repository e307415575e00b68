import { bootstrap } from "../../core/learn/metrics.ts";
import { createNgramHasher } from "../../core/learn/ngrams.ts";
import { softmaxScores, trainSoftmax } from "../../core/learn/softmax.ts";
import { foldHashes, rarity, type SparseRow, scaleToUnit } from "../../core/learn/sparse.ts";
import type { Bar } from "./bar.ts";
import type { RecordedLine } from "./recorded.ts";

interface Said {
  readonly intent: number;
  /** By how much the best intent leads the second. */
  readonly margin: number;
}

const SEED = 1;
const BITS = 15;
const MAX_CHARACTERS = 500;
const OPTIONS = { epochs: 5, rate: 0.3, decay: 0, seed: SEED } as const;
const IN_SCOPE_WANTED = 0.94;
const RECALL_WANTED = 0.75;
/** In-scope accuracy, refusals counted as wrong, at which the recall of out-of-scope queries is read. */
const KEPT = 0.92;

/** Words and rows of characters side by side, both as half of a row of length 1. */
function createReader(): (text: string) => readonly [SparseRow, SparseRow] {
  const words = createNgramHasher({ words: 2, characters: null, maxCharacters: MAX_CHARACTERS });
  const characters = createNgramHasher({ words: 0, characters: [3, 5], maxCharacters: MAX_CHARACTERS });
  return (text) => [foldHashes(words.hash(text), BITS), foldHashes(characters.hash(`${text} `), BITS)];
}

function joinRows(left: SparseRow, right: SparseRow): SparseRow {
  const columns = new Uint32Array(left.columns.length + right.columns.length);
  columns.set(left.columns);
  columns.set(
    right.columns.map((column) => column + 2 ** BITS),
    left.columns.length,
  );
  const values = new Float32Array(columns.length);
  values.set(left.values);
  values.set(right.values, left.columns.length);
  return scaleToUnit({ columns, values });
}

function lead(scores: Float64Array): Said {
  let intent = 0;
  for (const [k, score] of scores.entries()) if (score > (scores[intent] ?? 0)) intent = k;
  let second = Number.NEGATIVE_INFINITY;
  for (const [k, score] of scores.entries()) if (k !== intent) second = Math.max(second, score);
  return { intent, margin: (scores[intent] ?? 0) - second };
}

function promptsOf(lines: readonly RecordedLine[], split: string): readonly RecordedLine[] {
  return lines.filter(({ official_split }) => official_split === split);
}

/** Learns the intents of the training lines; what it says of a text is the best one and its lead. */
function learnIntents(lines: readonly RecordedLine[], names: readonly string[]): (text: string) => Said {
  const read = createReader();
  const width = 2 ** BITS;
  const raw = lines.map(({ prompt }) => read(String(prompt)));
  const [ofWords, ofCharacters] = [
    rarity({ rows: raw.map(([row]) => row), width }),
    rarity({ rows: raw.map(([, row]) => row), width }),
  ];
  const weigh = ([words, characters]: readonly [SparseRow, SparseRow]): SparseRow =>
    joinRows(scaleToUnit(words, ofWords), scaleToUnit(characters, ofCharacters));
  const labels = lines.map(({ intent }) => names.indexOf(String(intent)));
  const model = trainSoftmax({ rows: raw.map(weigh), width: 2 * width }, labels, { ...OPTIONS, classes: names.length });
  return (text) => lead(softmaxScores(model, weigh(read(text)), new Float64Array(names.length)));
}

/** The lead below which a query is refused, so that `KEPT` of the in-scope queries are still answered rightly; null where fewer are right at all. */
function thresholdOf(right: readonly boolean[], said: readonly Said[]): number | null {
  const margins = said
    .filter((_, at) => right[at])
    .map(({ margin }) => margin)
    .sort((left, other) => other - left);
  return margins[Math.ceil(KEPT * said.length) - 1] ?? null;
}

function shareOf(flags: readonly boolean[], rows: Uint32Array): number {
  return rows.reduce((sum, row) => sum + (flags[row] === true ? 1 : 0), 0) / Math.max(1, rows.length);
}

/** CLINC150: the official training queries are learnt, the official validation ones tested. */
export function intentBars(lines: readonly RecordedLine[]): readonly Bar[] {
  const train = promptsOf(lines, "train");
  const names = [...new Set(train.map(({ intent }) => String(intent)))].sort();
  const say = learnIntents(train, names);
  const tested = promptsOf(lines, "val");
  const said = tested.map(({ prompt }) => say(String(prompt)));
  const right = said.map(({ intent }, at) => names[intent] === tested[at]?.intent);
  const threshold = thresholdOf(right, said);
  const strangers = promptsOf(lines, "oos_val").map(({ prompt }) => say(String(prompt)).margin);
  const refused = strangers.map((margin) => threshold !== null && margin < threshold);
  const controls = { random: 1 / names.length };
  const common = { seed: SEED, isLowBetter: false, condition: null };
  return [
    {
      ...common,
      id: "intents-in-scope",
      what: "intents by examples (CLINC150), in scope",
      unit: "accuracy",
      rows: tested.length,
      value: bootstrap(tested.length, (rows) => shareOf(right, rows), { seed: SEED }),
      wanted: IN_SCOPE_WANTED,
      controls,
      note: "official training queries learnt, official validation queries tested; a linear model of hashed n-grams without any vectors learnt elsewhere, which is what the miss comes from",
    },
    {
      ...common,
      id: "intents-out-of-scope",
      what: `intents by examples (CLINC150), out of scope at ${KEPT * 100} % in scope`,
      unit: "recall",
      rows: strangers.length,
      value: bootstrap(strangers.length, (rows) => shareOf(refused, rows), { seed: SEED }),
      wanted: RECALL_WANTED,
      controls: { random: 1 - KEPT },
      note: "refused where the best intent leads the second by too little; where barely 92 % are right at all, nothing is left to refuse",
    },
  ];
}
