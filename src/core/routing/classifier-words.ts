import { fnv1a } from "../fnv.ts";
import { createReadText, type ReadText, readText } from "./classifier-text.ts";

const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;
const MOST_WORDS = 4_096;
const TABLE = 1_024;
/** From here on a character is of a script without spaces: each pair of neighbours is a word. */
const IDEOGRAPHS = 0x2e80;
const QUESTION = 63;
const NEWLINE = 10;

/** The words of a text, those of prose apart from those of code. Places and sentences run in parallel to `prose`. */
export interface Words {
  readonly read: ReadText;
  /** Hash of each word of prose, and of `?`, `!` and `:`, in the text's order. */
  readonly prose: Int32Array;
  readonly starts: Uint16Array;
  readonly ends: Uint16Array;
  readonly sentences: Uint16Array;
  proseCount: number;
  sentenceCount: number;
  /** How much each sentence asks for something; 0 where it only tells. */
  readonly asking: Uint8Array;
  readonly code: Int32Array;
  codeCount: number;
}

/** Room for the words of texts. */
export function createWords(): Words {
  return {
    read: createReadText(),
    prose: new Int32Array(MOST_WORDS),
    starts: new Uint16Array(MOST_WORDS),
    ends: new Uint16Array(MOST_WORDS),
    sentences: new Uint16Array(MOST_WORDS),
    proseCount: 0,
    sentenceCount: 0,
    asking: new Uint8Array(MOST_WORDS + 1),
    code: new Int32Array(MOST_WORDS),
    codeCount: 0,
  };
}

/** A set of hashes as an open-addressed table: looked up once for every word. */
function hashesOf(words: string): Int32Array {
  const table = new Int32Array(TABLE);
  for (const word of words.split(/\s+/u)) {
    let place = fnv1a(word) & (TABLE - 1);
    while (table[place] !== 0) place = (place + 1) & (TABLE - 1);
    table[place] = fnv1a(word) | 0;
  }
  return table;
}

function isAmong(table: Int32Array, hash: number): boolean {
  let place = hash & (TABLE - 1);
  for (let found = table[place]; found !== 0; found = table[place]) {
    if (found === hash) return true;
    place = (place + 1) & (TABLE - 1);
  }
  return false;
}

/** A sentence with one of these asks for something. */
const REQUESTS = hashesOf(
  `please pls plz kindly need needs want wants wanted gimme give help can could would can't how i'd we'd let's show tell bitte kannst
   könntest möchte brauche hilf zeig por favor puedes podrías necesito quiero ayuda peux pouvez pourriez besoin voudrais aide prosím
   můžeš potřebuju chci pomoz ukaž would might may like wish love glad grateful thankful appreciate hope after looking wonder
   wondering curious advise advice let question ask вы пожалуйста можешь можете нужно нужен нужна помоги хочу preciso gostaria pode
   quero vorrei puoi puedo querría würdest würde könnt brauchen wil kun graag proszę możesz`,
);

/** A sentence that begins with one of these asks for something. */
const IMPERATIVES = hashesOf(
  `write create build make implement generate add develop produce code set put design propose sketch draft plan recommend suggest
   compare choose fix debug solve correct repair find stop get review check audit critique judge assess evaluate rate grade look
   refactor clean split extract rename simplify rewrite convert port translate replace move turn merge remove drop reduce speed
   optimise optimize document explain describe comment summarise summarize list annotate what why which where who when is are does
   do did should schreib schreibe erkläre baue mach escribe explica crea écris explique napiš vysvětli oprav`,
);

function isWordCode(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code > 127 || code === 95 || code === 39;
}

function endsSentence(code: number, next: number): boolean {
  if (code === QUESTION || code === 33 || code === NEWLINE) return true;
  return code === 46 ? next <= 32 : code === 0x3002 || code === 0xff1f || code === 0xff01;
}

/** Where the word that starts at `start` ends; a word of ideographs is one character long. */
function endOfWord(codes: Uint16Array, start: number, length: number): number {
  let end = start + 1;
  if ((codes[start] ?? 0) >= IDEOGRAPHS) return end;
  while (end < length && isWordCode(codes[end] ?? 0) && (codes[end] ?? 0) < IDEOGRAPHS) end += 1;
  return end;
}

function hashSpan(codes: Uint16Array, start: number, end: number): number {
  let hash = BASIS;
  for (let index = start; index < end; index += 1) hash = Math.imul(hash ^ (codes[index] ?? 0), PRIME);
  return hash;
}

function pushProse(words: Words, hash: number, start: number, end: number): void {
  const place = words.proseCount;
  if (place >= MOST_WORDS) return;
  const sentence = words.sentenceCount;
  words.prose[place] = hash;
  words.starts[place] = start;
  words.ends[place] = end;
  words.sentences[place] = sentence;
  words.proseCount = place + 1;
  const isFirst = place === 0 || words.sentences[place - 1] !== sentence;
  const weight =
    (hash === QUESTION ? 2 : 0) + (isAmong(REQUESTS, hash) ? 1 : 0) + (isFirst && isAmong(IMPERATIVES, hash) ? 2 : 0);
  words.asking[sentence] = (words.asking[sentence] ?? 0) + weight;
}

/** A sign between words: some count as words, some end the sentence. */
function readSign(words: Words, at: number): void {
  const { codes, isCode } = words.read;
  const code = codes[at] ?? 0;
  if (isCode[at] === 1) return;
  if (code === QUESTION || code === 33 || code === 58) pushProse(words, code, at, at + 1);
  if (!endsSentence(code, codes[at + 1] ?? 0)) return;
  words.sentenceCount += 1;
  words.asking[words.sentenceCount] = 0;
}

/** Reads the words of a text into `words`. */
export function readWords(words: Words, text: string): void {
  readText(words.read, text);
  const { codes, isCode, length } = words.read;
  words.proseCount = 0;
  words.codeCount = 0;
  words.sentenceCount = 0;
  words.asking[0] = 0;
  for (let at = 0; at < length; ) {
    const code = codes[at] ?? 0;
    if (!isWordCode(code) || endsSentence(code, 0)) {
      readSign(words, at);
      at += 1;
      continue;
    }
    const end = endOfWord(codes, at, length);
    const isPair = code >= IDEOGRAPHS && (codes[end] ?? 0) >= IDEOGRAPHS;
    const hash = hashSpan(codes, at, isPair ? end + 1 : end);
    if (isCode[at] === 0) pushProse(words, hash, at, end);
    else if (words.codeCount < MOST_WORDS) words.code[words.codeCount++] = hash;
    at = end;
  }
}
