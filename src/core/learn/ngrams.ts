/** Which n-grams of a text are hashed. */
export interface NgramOptions {
  /** Words stand alone and in rows of up to this many; 0 takes none. */
  readonly words: number;
  /** The shortest and the longest row of characters; null takes none. */
  readonly characters: readonly [number, number] | null;
  /** A longer text is read in its first and its last half of this many characters. */
  readonly maxCharacters: number;
}

/** Hashes the n-grams of texts, one text after another, in room of its own. */
export interface NgramHasher {
  /** 32-bit hashes, one for every occurrence, in the text's order. The view is good until the next call. */
  hash(text: string): Uint32Array;
}

const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;
const WORD_SALT = 0x9e3779b9;
const SPACE = 32;

/** Spreads a hash over all its bits: the finalizer of MurmurHash3 (https://github.com/aappleby/smhasher, public domain). */
function spread(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function isWordCode(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code > 127 || code === 95;
}

/** What is left of a long text: its two ends, a space between them. */
function clip(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const half = maxCharacters >> 1;
  return `${text.slice(0, half)} ${text.slice(text.length - half)}`;
}

/** Lower case, runs of white space as one space. Returns how many codes it wrote. */
function normalize(text: string, codes: Uint16Array): number {
  let length = 0;
  let wasSpace = true;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const isSpace = code <= SPACE || code === 160;
    if (isSpace && wasSpace) continue;
    codes[length++] = isSpace ? SPACE : code >= 65 && code <= 90 ? code + 32 : code;
    wasSpace = isSpace;
  }
  return length > 0 && wasSpace ? length - 1 : length;
}

/** Writes the hashes of words and rows of words; returns the new count. */
function hashWords(codes: Uint16Array, length: number, most: number, out: Uint32Array): number {
  const recent = new Int32Array(most);
  let count = 0;
  let seen = 0;
  let index = 0;
  while (index < length) {
    if (!isWordCode(codes[index] ?? 0)) {
      index++;
      continue;
    }
    let word = BASIS;
    for (; index < length && isWordCode(codes[index] ?? 0); index++)
      word = Math.imul(word ^ (codes[index] ?? 0), PRIME);
    recent[seen % most] = word;
    seen++;
    let row = WORD_SALT;
    for (let back = 0; back < most && back < seen; back++) {
      row = Math.imul(row ^ (recent[(seen - 1 - back) % most] ?? 0), PRIME) + back;
      out[count++] = spread(row);
    }
  }
  return count;
}

/** Writes the hashes of rows of characters after `count`; returns the new count. */
function hashCharacters(
  codes: Uint16Array,
  length: number,
  [shortest, longest]: readonly [number, number],
  out: Uint32Array,
  count: number,
): number {
  let written = count;
  for (let start = 0; start < length; start++) {
    let row = BASIS;
    const end = Math.min(length, start + longest);
    for (let index = start; index < end; index++) {
      row = Math.imul(row ^ (codes[index] ?? 0), PRIME);
      if (index - start + 1 >= shortest) out[written++] = spread(row);
    }
  }
  return written;
}

/** A hasher for these n-grams. Equal texts give equal hashes on every machine; case and runs of white space do not count. */
export function createNgramHasher(options: NgramOptions): NgramHasher {
  const room = options.maxCharacters + 1;
  const orders = options.characters === null ? 0 : options.characters[1] - options.characters[0] + 1;
  const codes = new Uint16Array(room);
  const out = new Uint32Array(room * (orders + options.words));
  return {
    hash: (text) => {
      const clipped = clip(text, options.maxCharacters);
      const lower = /[^\0-\x7f]/.test(clipped) ? clip(clipped.toLowerCase(), options.maxCharacters) : clipped;
      const length = normalize(lower, codes);
      const words = options.words === 0 ? 0 : hashWords(codes, length, options.words, out);
      if (options.characters === null) return out.subarray(0, words);
      return out.subarray(0, hashCharacters(codes, length, options.characters, out, words));
    },
  };
}
