import { createWords, readWords, type Words } from "./classifier-words.ts";

const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;
const SALT = 0x9e3779b1;

/** The groups of features; each is scaled to length 1 by itself, so that pasted code or length drowns no other. */
export const FEATURE_GROUPS = [
  "words",
  "pairs",
  "opening",
  "closing",
  "characters",
  "code",
  "structure",
  "asking",
] as const;

const WORDS = 0;
const PAIRS = 1;
const OPENING = 2;
const CLOSING = 3;
const CHARACTERS = 4;
const CODE = 5;
const STRUCTURE = 6;
const ASKING = 7;

/** Of so many words at either end the words and pairs count. */
const HEAD_WORDS = 250;
const TAIL_WORDS = 120;
/** Of so many words at either end the rows of characters count. */
const SPELLED_HEAD = 60;
const SPELLED_TAIL = 30;
const EDGE_WORDS = 10;
const CODE_WORDS = 120;
const SHORTEST_ROW = 3;
const LONGEST_ROW = 5;
/** Most sentences that count as asking. */
const ASKING_SENTENCES = 3;
const MOST_FEATURES = 16_384;

/** The features of a text as 32-bit hashes, group by group; the same hash may come up again. */
export interface Features {
  readonly hashes: Uint32Array;
  /** Where each group ends in `hashes`. */
  readonly ends: Uint32Array;
}

/** Reads texts into features, in room of its own: what it returns is good until the next text. */
export interface FeatureReader {
  read(text: string): Features;
}

interface Sink {
  readonly hashes: Uint32Array;
  readonly ends: Uint32Array;
  count: number;
  salt: number;
}

function openGroup(sink: Sink, group: number): void {
  sink.salt = Math.imul(group + 1, SALT);
  if (group > 0) sink.ends[group - 1] = sink.count;
}

/** Adds a feature to the open group. The mixing is the finalizer of MurmurHash3 (public domain). */
function add(sink: Sink, hash: number): void {
  let mixed = Math.imul(hash ^ sink.salt, PRIME);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  if (sink.count < MOST_FEATURES) sink.hashes[sink.count++] = mixed ^ (mixed >>> 16);
}

function pairAt({ prose }: Words, place: number): number {
  return Math.imul(prose[place - 1] ?? 0, 31) ^ (prose[place] ?? 0);
}

function addEdge(sink: Sink, words: Words, from: number, to: number): void {
  for (let place = from; place < to; place += 1) {
    add(sink, words.prose[place] ?? 0);
    if (place > 0) add(sink, pairAt(words, place) + 7);
  }
}

/** Rows of characters of one word with a space before and behind it. */
function addSpelling(sink: Sink, words: Words, place: number): void {
  const { codes } = words.read;
  const start = words.starts[place] ?? 0;
  const end = words.ends[place] ?? 0;
  for (let from = start - 1; from <= end - 2; from += 1) {
    let hash = BASIS;
    const last = Math.min(end + 1, from + LONGEST_ROW);
    for (let index = from; index < last; index += 1) {
      hash = Math.imul(hash ^ (index >= start && index < end ? (codes[index] ?? 0) : 32), PRIME);
      if (index - from + 1 >= SHORTEST_ROW) add(sink, hash);
    }
  }
}

function addSpellings(sink: Sink, words: Words): void {
  const head = Math.min(SPELLED_HEAD, words.proseCount);
  for (let place = 0; place < head; place += 1) addSpelling(sink, words, place);
  for (let place = Math.max(head, words.proseCount - SPELLED_TAIL); place < words.proseCount; place += 1)
    addSpelling(sink, words, place);
}

/** The weight from which on a sentence is among the ones that ask most; 0 where none asks. */
function askingBar({ asking, sentenceCount }: Words): number {
  const best = new Uint8Array(ASKING_SENTENCES);
  for (let sentence = 0; sentence <= sentenceCount; sentence += 1) {
    let weight = asking[sentence] ?? 0;
    for (let rank = 0; rank < ASKING_SENTENCES && weight > 0; rank += 1) {
      const other = best[rank] ?? 0;
      if (weight <= other) continue;
      best[rank] = weight;
      weight = other;
    }
  }
  return best.findLast((weight) => weight > 0) ?? 0;
}

function addAsking(sink: Sink, words: Words): void {
  const bar = askingBar(words);
  const { proseCount, sentences, asking, prose } = words;
  const lastSentence = sentences[proseCount - 1] ?? 0;
  for (let place = 0; place < proseCount; place += 1) {
    const sentence = sentences[place] ?? 0;
    const isAsking = bar > 0 ? (asking[sentence] ?? 0) >= bar : sentence === 0 || sentence === lastSentence;
    if (!isAsking) continue;
    add(sink, prose[place] ?? 0);
    if (place > 0 && sentences[place - 1] === sentence) add(sink, pairAt(words, place) + 7);
  }
}

function magnitude(value: number, most: number): number {
  return Math.min(most, 32 - Math.clz32(value));
}

function addStructure(sink: Sink, words: Words): void {
  const { read, proseCount, codeCount } = words;
  const share = proseCount === 0 ? 0 : codeCount / proseCount;
  const facts = [
    magnitude(read.length, 13),
    magnitude(proseCount, 9),
    Math.min(read.fenceCount, 3),
    read.codeLineCount === 0 ? 0 : 1 + Math.floor((4 * read.codeLineCount) / read.lineCount),
    Math.min(read.lineCount, 8),
    words.prose[proseCount - 1] === 63 ? 1 : 0,
    codeCount === 0 ? 0 : proseCount === 0 ? 1 : 2 + magnitude(Math.floor(4 * share), 6),
    proseCount > 0 && read.isCode[0] === 1 ? 1 : 0,
    magnitude(read.humpCount, 5),
    magnitude(read.backtickCount, 3),
    magnitude(words.sentenceCount, 6),
  ];
  for (const [kind, value] of facts.entries()) add(sink, Math.imul(kind + 1, 1_000_003) + value);
}

function addAll(sink: Sink, words: Words): void {
  const { proseCount, prose, code, codeCount } = words;
  openGroup(sink, WORDS);
  const head = Math.min(HEAD_WORDS, proseCount);
  const tail = Math.max(head, proseCount - TAIL_WORDS);
  for (let place = 0; place < head; place += 1) add(sink, prose[place] ?? 0);
  for (let place = tail; place < proseCount; place += 1) add(sink, prose[place] ?? 0);
  openGroup(sink, PAIRS);
  for (let place = 1; place < head; place += 1) add(sink, pairAt(words, place));
  for (let place = Math.max(1, tail); place < proseCount; place += 1) add(sink, pairAt(words, place));
  openGroup(sink, OPENING);
  addEdge(sink, words, 0, Math.min(EDGE_WORDS, proseCount));
  openGroup(sink, CLOSING);
  addEdge(sink, words, Math.max(0, proseCount - EDGE_WORDS), proseCount);
  openGroup(sink, CHARACTERS);
  addSpellings(sink, words);
  openGroup(sink, CODE);
  for (let place = 0; place < Math.min(codeCount, CODE_WORDS); place += 1) add(sink, code[place] ?? 0);
  openGroup(sink, STRUCTURE);
  addStructure(sink, words);
  openGroup(sink, ASKING);
  addAsking(sink, words);
}

/** A reader of texts. Equal texts give equal features on every machine. */
export function createFeatureReader(): FeatureReader {
  const words = createWords();
  const hashes = new Uint32Array(MOST_FEATURES);
  const ends = new Uint32Array(FEATURE_GROUPS.length);
  const sink: Sink = { hashes, ends, count: 0, salt: 0 };
  return {
    read: (text) => {
      sink.count = 0;
      readWords(words, text);
      addAll(sink, words);
      ends[FEATURE_GROUPS.length - 1] = sink.count;
      return { hashes, ends };
    },
  };
}
