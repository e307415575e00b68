import { toProbabilities } from "../learn/softmax.ts";
import { createFeatureReader, type Features } from "./classifier-features.ts";
import { type ClassifierWeights, decodeWeights, type Head, placeOf } from "./classifier-weights.ts";
import { TASK_CLASSES, type TaskClass } from "./task-class.ts";

/** The fields of work that prompts are of, whatever is asked for. */
export const DOMAINS = ["coding", "maths", "writing", "other"] as const;

/** One field of work. */
export type Domain = (typeof DOMAINS)[number];

/** What a prompt asks for, how likely, and whether that is too unsure to act on. */
export interface Classification {
  /** The likeliest class, also where the classifier abstains. */
  readonly taskClass: TaskClass;
  readonly probabilities: Readonly<Record<TaskClass, number>>;
  /** The probabilities are too even, or the text holds nothing known: what follows should be the default. */
  readonly abstained: boolean;
  readonly domain: Domain;
  readonly domainProbabilities: Readonly<Record<Domain, number>>;
}

/** How much one group of features, or one word, spoke for the class that was found. */
export interface FeatureWeight {
  readonly name: string;
  /** In units of the score before it becomes a probability. */
  readonly weight: number;
}

/** Tells prompts apart. It keeps room of its own and serves one text after another. */
export interface Classifier {
  /** Reads the two ends of the text, 1.1 KB each; takes some tens of microseconds. */
  classify(text: string): Classification;
  /** What spoke most for the class that {@link classify} finds, the strongest first. Slow: it tries every word. */
  explain(text: string): readonly FeatureWeight[];
}

interface Machine {
  readonly weights: ClassifierWeights;
  readonly reader: { read(text: string): Features };
  /** For each place of the table the last group that used it, so that no feature counts twice in a group. */
  readonly seen: Int32Array;
  readonly sums: Int32Array;
  readonly scores: Float64Array;
  stamp: number;
}

/** Adds up the weights of one group's features; returns how many were known. */
function sumGroup(machine: Machine, hashes: Uint32Array, from: number, to: number): number {
  const { weights, seen, sums } = machine;
  const { values, columns, marks, bits } = weights;
  machine.stamp += 1;
  sums.fill(0);
  let known = 0;
  for (let index = from; index < to; index += 1) {
    const place = placeOf(marks, bits, hashes[index] ?? 0);
    if (place === -1 || seen[place] === machine.stamp) continue;
    seen[place] = machine.stamp;
    known += 1;
    const base = place * columns;
    for (let column = 0; column < columns; column += 1)
      sums[column] = (sums[column] ?? 0) + (values[base + column] ?? 0);
  }
  return known;
}

/** Scores of all classes of all heads, without bias and scale of a class; returns the number of known features. */
function score(machine: Machine, text: string): number {
  const { weights, sums, scores } = machine;
  const { hashes, ends } = machine.reader.read(text);
  scores.fill(0);
  let from = 0;
  let total = 0;
  for (const [group, gain] of weights.gains.entries()) {
    const to = ends[group] ?? from;
    const known = sumGroup(machine, hashes, from, to);
    from = to;
    if (known === 0) continue;
    total += known;
    const factor = gain / Math.sqrt(known);
    for (let column = 0; column < weights.columns; column += 1)
      scores[column] = (scores[column] ?? 0) + factor * (sums[column] ?? 0);
  }
  return total;
}

/** The probabilities of one head, whose classes begin at column `at`. */
function probabilitiesOf(head: Head, scores: Float64Array, at: number): Float64Array {
  const logits = new Float64Array(head.classes.length);
  for (let index = 0; index < logits.length; index += 1)
    logits[index] = (head.bias[index] ?? 0) + (head.scales[index] ?? 0) * (scores[at + index] ?? 0);
  return toProbabilities(logits, head.temperature);
}

function highest(probabilities: Float64Array): number {
  let best = 0;
  for (let index = 1; index < probabilities.length; index += 1)
    if ((probabilities[index] ?? 0) > (probabilities[best] ?? 0)) best = index;
  return best;
}

/** The structure of any text is known; only words, pairs or characters tell that a language is. */
const STRUCTURE_FEATURES = 11;

function classifyBy(machine: Machine, task: Head, domain: Head, text: string): Classification {
  const known = score(machine, text);
  const tasks = probabilitiesOf(task, machine.scores, 0);
  const domains = probabilitiesOf(domain, machine.scores, TASK_CLASSES.length);
  const best = highest(tasks);
  return {
    taskClass: TASK_CLASSES[best] ?? "general",
    probabilities: Object.fromEntries(TASK_CLASSES.map((name, index) => [name, tasks[index] ?? 0])) as Record<
      TaskClass,
      number
    >,
    abstained: known <= STRUCTURE_FEATURES || (tasks[best] ?? 0) < task.abstainBelow,
    domain: DOMAINS[highest(domains)] ?? "other",
    domainProbabilities: Object.fromEntries(DOMAINS.map((name, index) => [name, domains[index] ?? 0])) as Record<
      Domain,
      number
    >,
  };
}

/** Most words that an explanation tries. */
const TRIED_WORDS = 60;
const SHOWN_FEATURES = 8;

/** The score of one class against the mean of the others. */
function lead(machine: Machine, task: Head, text: string, best: number): number {
  score(machine, text);
  const logits = task.classes.map((_, index) => (task.scales[index] ?? 0) * (machine.scores[index] ?? 0));
  const others = logits.filter((_, index) => index !== best);
  return (logits[best] ?? 0) - others.reduce((sum, value) => sum + value, 0) / others.length;
}

/** Each word weighs what the lead loses without it. */
function explainBy(machine: Machine, task: Head, domain: Head, text: string): readonly FeatureWeight[] {
  const best = TASK_CLASSES.indexOf(classifyBy(machine, task, domain, text).taskClass);
  const clipped = text.length > 2_000 ? `${text.slice(0, 1_000)} ${text.slice(-1_000)}` : text;
  const whole = lead(machine, task, clipped, best);
  const words = [...new Set(clipped.toLowerCase().match(/[\p{L}\p{N}_']+/gu) ?? [])].slice(0, TRIED_WORDS);
  const tried = words.map((word) => ({
    name: word,
    weight: whole - lead(machine, task, without(clipped, word), best),
  }));
  return tried
    .filter(({ weight }) => weight > 0)
    .sort((left, right) => right.weight - left.weight)
    .slice(0, SHOWN_FEATURES);
}

function without(text: string, word: string): string {
  return text.replaceAll(new RegExp(`(?<![\\p{L}\\p{N}_'])${word}(?![\\p{L}\\p{N}_'])`, "giu"), "");
}

/** A classifier with these weights (see `encodeWeights`). Throws where they are not the seven classes and the four domains. */
export function createClassifier(bytes: Uint8Array): Classifier {
  const weights = decodeWeights(bytes);
  const [task, domain] = weights.heads;
  if (task?.classes.join() !== TASK_CLASSES.join() || domain?.classes.join() !== DOMAINS.join())
    throw new Error("the classifier's weights are for other classes");
  const machine: Machine = {
    weights,
    reader: createFeatureReader(),
    seen: new Int32Array(2 ** weights.bits),
    sums: new Int32Array(weights.columns),
    scores: new Float64Array(weights.columns),
    stamp: 0,
  };
  return {
    classify: (text) => classifyBy(machine, task, domain, text),
    explain: (text) => explainBy(machine, task, domain, text),
  };
}
