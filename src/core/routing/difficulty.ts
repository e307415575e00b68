import { type Isotonic, readIsotonic } from "../learn/calibrate.ts";
import { createNgramHasher, type NgramHasher } from "../learn/ngrams.ts";
import { type DifficultyWeights, decodeDifficulty, knownPlace } from "./difficulty-weights.ts";

/** What a text was read as: the places of its known features, each once, and how much of it is known. */
export interface DifficultyReading {
  readonly places: Uint32Array;
  /** The share of its words and pairs of words that the table knows, the rare ones counting more. */
  readonly known: number;
}

/** Reads texts against a table; it keeps room of its own. */
export type DifficultyReader = (text: string) => DifficultyReading;

/** Longer texts are read at their two ends. */
const MAX_CHARACTERS = 2000;
/** Fewer words and pairs say nothing. */
const LEAST_FEATURES = 5;
/** What a word or pair that the table does not know counts: about as much as the rarest that it knows. */
const UNKNOWN_RARITY = 160;

/** A hasher for difficulty: words and pairs of words. */
export function difficultyHasher(): NgramHasher {
  return createNgramHasher({ words: 2, characters: null, maxCharacters: MAX_CHARACTERS });
}

/** A reader of texts against a table's marks and rarities. */
export function createDifficultyReader({
  marks,
  rarities,
}: Pick<DifficultyWeights, "marks" | "rarities">): DifficultyReader {
  const hasher = difficultyHasher();
  const seen = new Int32Array(marks.length);
  const places = new Uint32Array(2 * MAX_CHARACTERS + 2);
  let stamp = 0;
  return (text) => {
    const hashes = hasher.hash(text);
    stamp += 1;
    let count = 0;
    let known = 0;
    let unknown = 0;
    for (let index = 0; index < hashes.length; index += 1) {
      const place = knownPlace(marks, hashes[index] ?? 0);
      if (place === -1) {
        unknown += UNKNOWN_RARITY;
        continue;
      }
      known += rarities[place] ?? 0;
      if (seen[place] === stamp) continue;
      seen[place] = stamp;
      places[count++] = place;
    }
    const share = hashes.length < LEAST_FEATURES ? 0 : known / (known + unknown);
    return { places: places.subarray(0, count), known: share };
  };
}

/** The linear score of a reading: the sum of weights over the length of the reading's rarities. */
function scoreOf({ values, rarities, scale, base }: DifficultyWeights, places: Uint32Array): number {
  let sum = 0;
  let squares = 0;
  for (let index = 0; index < places.length; index += 1) {
    const place = places[index] ?? 0;
    const rarity = rarities[place] ?? 0;
    sum += (values[place] ?? 0) * rarity;
    squares += rarity * rarity;
  }
  return squares === 0 ? base : base + (scale * sum) / Math.sqrt(squares);
}

/** The linear score of a text before it is calibrated, and how much of the text is known. */
export function createDifficultyScorer(
  weights: DifficultyWeights,
): (text: string) => { readonly score: number; readonly known: number } {
  const read = createDifficultyReader(weights);
  return (text) => {
    const { places, known } = read(text);
    return { score: scoreOf(weights, places), known };
  };
}

/** How hard a text is for a small model, beside how hard texts usually are. */
export interface TextDifficulty {
  /** The chance that a small model's answer is not good enough. */
  readonly value: number;
  /** The mean over the texts that it was learnt from. */
  readonly usual: number;
}

/**
 * How hard a text is for a small model that runs on one's own machine; null where the text is unlike what that was learnt from,
 * since such a forecast is little better than chance there. Takes some ten microseconds.
 */
export function createDifficulty(bytes: Uint8Array): (text: string) => TextDifficulty | null {
  const weights = decodeDifficulty(bytes);
  const score = createDifficultyScorer(weights);
  const steps: Isotonic = { from: Float64Array.from(weights.from), to: Float64Array.from(weights.to) };
  return (text) => {
    const said = score(text);
    return said.known < weights.leastKnown ? null : { value: readIsotonic(steps, said.score), usual: weights.usual };
  };
}
