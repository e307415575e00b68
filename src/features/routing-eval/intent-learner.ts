import { trainMargins } from "../../core/learn/margins.ts";
import { type NetworkOptions, trainNetwork } from "../../core/learn/network.ts";
import { type SoftmaxModel, softmaxScores } from "../../core/learn/softmax.ts";
import type { SparseMatrix } from "../../core/learn/sparse.ts";
import { charactersAcrossWords, charactersInWords, stemPairs, stemRows } from "../../core/learn/text-pieces.ts";
import { createTextSpace, type PieceReader, type TextSpace } from "../../core/learn/text-space.ts";

/** What is said of a query: the intent that fits best, and how well it fits. */
export interface Said {
  readonly intent: number;
  readonly fit: number;
}

/** A query of an intent. */
export interface IntentExample {
  readonly text: string;
  readonly intent: number;
}

/** Ways to take a text apart. Each alone is right less often; they are wrong about different queries. */
const ACROSS: readonly PieceReader[] = [(text) => charactersAcrossWords(text, 2, 6)];
const NEAR: readonly PieceReader[] = [(text) => stemPairs(text, 3), (text) => charactersInWords(text, 2, 5)];
const IN_ORDER: readonly PieceReader[] = [stemRows, (text) => charactersInWords(text, 2, 5)];
const WIDE: readonly PieceReader[] = [(text) => stemPairs(text, 4), (text) => charactersAcrossWords(text, 3, 5)];
const OF_PLANES = [ACROSS, NEAR, WIDE] as const;
const OF_NETWORKS = [
  { readers: NEAR, seed: 1 },
  { readers: IN_ORDER, seed: 2 },
  { readers: WIDE, seed: 4 },
] as const;
const MARGINS = { cost: 3, epochs: 8, seed: 1 } as const;
const NETWORK = { hidden: 200, epochs: 5, rate: 0.05, columnDrop: 0.2, hiddenDrop: 0.3 } as const;
/** A network has a weight for each piece and unit, so a piece of one text alone costs more than it tells. */
const LEAST_TEXTS = 2;
/** What a network's probability counts beside the distance from a plane. */
const NETWORK_SHARE = 0.75;

/** Adds a member's scores of a text to those of the others. */
type Member = (text: string, scores: Float64Array) => void;

function matrixOf(space: TextSpace, texts: readonly string[]): SparseMatrix {
  return { rows: texts.map((text) => space.place(text)), width: space.width };
}

function planes(
  readers: readonly PieceReader[],
  texts: readonly string[],
  labels: Int32Array,
  classes: number,
): Member {
  const space = createTextSpace(readers, texts);
  const model: SoftmaxModel = trainMargins(matrixOf(space, texts), labels, { ...MARGINS, classes });
  const room = new Float64Array(classes);
  return (text, scores) => {
    softmaxScores(model, space.place(text), room);
    for (let k = 0; k < classes; k++) scores[k] = (scores[k] ?? 0) + (room[k] ?? 0);
  };
}

function network(
  readers: readonly PieceReader[],
  texts: readonly string[],
  labels: Int32Array,
  options: NetworkOptions,
): Member {
  const space = createTextSpace(readers, texts, LEAST_TEXTS);
  const ask = trainNetwork(matrixOf(space, texts), labels, options);
  return (text, scores) => {
    for (const [k, probability] of ask(space.place(text)).entries())
      scores[k] = (scores[k] ?? 0) + NETWORK_SHARE * probability;
  };
}

/**
 * Learns intents from queries, and from `strangers`, which have none. Three sets of planes, each intent against all others and the
 * strangers, and three small networks; a query that lies on no intent's side fits badly, which is how strangers are known.
 */
export function learnIntents(
  examples: readonly IntentExample[],
  strangers: readonly string[],
  intents: number,
): (text: string) => Said {
  const texts = examples.map(({ text }) => text);
  const labels = Int32Array.from(examples, ({ intent }) => intent);
  const all = [...texts, ...strangers];
  const none = Int32Array.from({ length: all.length }, (_, at) => labels[at] ?? -1);
  const members = [
    ...OF_PLANES.map((readers) => planes(readers, all, none, intents)),
    ...OF_NETWORKS.map(({ readers, seed }) => network(readers, texts, labels, { ...NETWORK, classes: intents, seed })),
  ];
  return (text) => {
    const scores = new Float64Array(intents);
    for (const add of members) add(text, scores);
    let intent = 0;
    for (let k = 1; k < intents; k++) if ((scores[k] ?? 0) > (scores[intent] ?? 0)) intent = k;
    return { intent, fit: scores[intent] ?? 0 };
  };
}
