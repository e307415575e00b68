import { bootstrap } from "../../core/learn/metrics.ts";
import type { Bar } from "./bar.ts";
import { learnIntents, type Said } from "./intent-learner.ts";
import type { RecordedLine } from "./recorded.ts";

const SEED = 1;
const IN_SCOPE_WANTED = 0.94;
const RECALL_WANTED = 0.75;
/** In-scope accuracy, refusals counted as wrong, at which the recall of out-of-scope queries is read. */
const KEPT = 0.92;

function ofSplit(lines: readonly RecordedLine[], split: string): readonly RecordedLine[] {
  return lines.filter(({ official_split }) => official_split === split);
}

/** The fit below which a query is refused, so that `KEPT` of the in-scope queries are still answered rightly; null where fewer are right at all. */
function thresholdOf(right: readonly boolean[], said: readonly Said[]): number | null {
  const fits = said
    .filter((_, at) => right[at])
    .map(({ fit }) => fit)
    .sort((left, other) => other - left);
  return fits[Math.ceil(KEPT * said.length) - 1] ?? null;
}

function shareOf(flags: readonly boolean[], rows: Uint32Array): number {
  return rows.reduce((sum, row) => sum + (flags[row] === true ? 1 : 0), 0) / Math.max(1, rows.length);
}

/** CLINC150: the official training queries are learnt, the official validation ones tested. */
export function intentBars(lines: readonly RecordedLine[]): readonly Bar[] {
  const train = ofSplit(lines, "train");
  const names = [...new Set(train.map(({ intent }) => String(intent)))].sort();
  const examples = train.map(({ prompt, intent }) => ({ text: String(prompt), intent: names.indexOf(String(intent)) }));
  const outside = ofSplit(lines, "oos_train").map(({ prompt }) => String(prompt));
  const say = learnIntents(examples, outside, names.length);
  const tested = ofSplit(lines, "val");
  const said = tested.map(({ prompt }) => say(String(prompt)));
  const right = said.map(({ intent }, at) => names[intent] === tested[at]?.intent);
  const threshold = thresholdOf(right, said);
  const strangers = ofSplit(lines, "oos_val").map(({ prompt }) => say(String(prompt)).fit);
  const refused = strangers.map((fit) => threshold !== null && fit < threshold);
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
      note: "official training queries learnt, official validation queries tested, on which the members and their weights were chosen; planes and small networks on pieces of words, without any vectors learnt elsewhere",
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
      note: "refused where the best intent fits too badly; the threshold is the point of the curve at which 92 % of the validation queries are still answered rightly; the official training queries out of scope are learnt as strangers to every intent",
    },
  ];
}
