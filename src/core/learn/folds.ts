import { seededChance, shuffledOrder } from "./chance.ts";
import { createNgramHasher } from "./ngrams.ts";

/** Signatures of a text; two texts that share one are taken for near-duplicates. */
const BANDS = 5;
const HASHES_IN_BAND = 4;
/** More texts than this that are alike share a template, which a router may learn; they are no copies of one another. */
const MOST_COPIES = 8;
const SHINGLE_WORDS = 8;
const MAX_CHARACTERS = 4000;
const GOLDEN = 0x9e3779b9;

function rootOf(parents: Uint32Array, row: number): number {
  let root = row;
  while (parents[root] !== root) {
    const next = parents[root] ?? root;
    parents[root] = parents[next] ?? next;
    root = next;
  }
  return root;
}

/** The least values of several hash functions over a text's shingles, joined to bands (Broder 1997, doi 10.1109/SEQUEN.1997.666900). */
function bandsOf(shingles: Uint32Array): readonly string[] {
  const least = new Uint32Array(BANDS * HASHES_IN_BAND).fill(0xffff_ffff);
  for (const shingle of shingles) {
    for (let at = 0; at < least.length; at++) {
      const mixed = Math.imul(shingle ^ Math.imul(at + 1, GOLDEN), 0x85ebca6b);
      const hash = (mixed ^ (mixed >>> 15)) >>> 0;
      if (hash < (least[at] ?? 0)) least[at] = hash;
    }
  }
  return Array.from({ length: BANDS }, (_, band) => {
    const start = band * HASHES_IN_BAND;
    return `${band}:${least.subarray(start, start + HASHES_IN_BAND).join(".")}`;
  });
}

/** What near-duplicates have in common, and what only equal texts have; small whatever the text. */
export interface Fingerprint {
  readonly bands: readonly string[];
  readonly whole: string;
}

/** A taker of fingerprints, with room of its own. */
export function createFingerprinter(): (text: string) => Fingerprint {
  const hasher = createNgramHasher({ words: SHINGLE_WORDS, characters: null, maxCharacters: MAX_CHARACTERS });
  return (text) => {
    const shingles = longest(hasher.hash(text));
    const whole = shingles.reduce((hash, shingle) => Math.imul(hash ^ shingle, 0x01000193), 0x811c9dc5);
    return { bands: bandsOf(shingles), whole: `${shingles.length}.${whole >>> 0}` };
  };
}

/** Joins the rows that share a name. */
function joinByName(names: readonly (readonly string[])[]): Uint32Array {
  const parents = Uint32Array.from(names.keys());
  const owners = new Map<string, number>();
  for (const [row, ofRow] of names.entries()) {
    for (const name of ofRow) {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, row);
      else parents[rootOf(parents, row)] = rootOf(parents, owner);
    }
  }
  return parents.map((_, row) => rootOf(parents, row));
}

/**
 * A group number for each text: near-duplicates (about two thirds of their rows of eight words are the same) share one,
 * so that a fold never tests what another version of the text has taught. Texts of one template stay apart unless they are equal.
 */
export function groupNearDuplicates(prints: readonly Fingerprint[]): Uint32Array {
  const alike = joinByName(prints.map(({ bands }) => bands));
  const equal = joinByName(prints.map(({ whole }) => [whole]));
  const sizes = new Map<number, number>();
  for (const group of alike) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return alike.map((group, row) => ((sizes.get(group) ?? 0) > MOST_COPIES ? prints.length + (equal[row] ?? 0) : group));
}

/** Of the hasher's output, the rows of eight words; everything where a text is shorter. */
function longest(hashes: Uint32Array): Uint32Array {
  // The first eight words give 1 + 2 + … + 8 hashes, each later one eight, the longest row last.
  const before = (SHINGLE_WORDS * (SHINGLE_WORDS - 1)) / 2;
  if (hashes.length < before + SHINGLE_WORDS) return hashes;
  return hashes.subarray(before).filter((_, at) => at % SHINGLE_WORDS === SHINGLE_WORDS - 1);
}

/** A fold number for each row; the rows of a group share one, and folds are about equally large. */
export function groupedFolds(groups: Uint32Array, count: number, seed: number): Uint8Array {
  const sizes = new Uint32Array(count);
  const chosen = new Map<number, number>();
  const members = new Map<number, number>();
  for (const group of groups) members.set(group, (members.get(group) ?? 0) + 1);
  const names = [...members.keys()];
  for (const at of shuffledOrder(names.length, seededChance(seed))) {
    const name = names[at] ?? 0;
    const smallest = sizes.indexOf(Math.min(...sizes));
    chosen.set(name, smallest);
    sizes[smallest] = (sizes[smallest] ?? 0) + (members.get(name) ?? 0);
  }
  return Uint8Array.from(groups, (group) => chosen.get(group) ?? 0);
}
