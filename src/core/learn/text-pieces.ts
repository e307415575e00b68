/** A word without what inflection usually adds to it in English; short words stay. A few rules, no dictionary. */
function stemOf(word: string): string {
  const plain = word.replace(/'s$/, "");
  return plain.length > 4 ? plain.replace(/ies$/, "y").replace(/(?:ing|ed|es|s|ly)$/, "") : plain;
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
}

function rowsOfCharacters(text: string, shortest: number, longest: number, out: string[]): void {
  for (let length = shortest; length <= longest; length++) {
    for (let start = 0; start + length <= text.length; start++) out.push(text.slice(start, start + length));
  }
}

/** The stems of a text's words, and every two of them that stand at most `reach` words apart, whichever comes first. */
export function stemPairs(text: string, reach: number): readonly string[] {
  const stems = wordsOf(text).map(stemOf);
  return stems.flatMap((stem, at) => [
    stem,
    ...stems.slice(at + 1, at + 1 + reach).map((other) => (stem < other ? `${stem} ${other}` : `${other} ${stem}`)),
  ]);
}

/** The stems of a text's words, and every two neighbours in their order. */
export function stemRows(text: string): readonly string[] {
  const stems = wordsOf(text).map(stemOf);
  return stems.flatMap((stem, at) => [stem, ...stems.slice(at + 1, at + 2).map((next) => `${stem} ${next}`)]);
}

/** The rows of characters within each word, of these lengths; a space stands for either end of a word. */
export function charactersInWords(text: string, shortest: number, longest: number): readonly string[] {
  const out: string[] = [];
  for (const word of wordsOf(text)) rowsOfCharacters(` ${word} `, shortest, longest, out);
  return out;
}

/** The rows of characters of these lengths across the words, with one space between words and at both ends. */
export function charactersAcrossWords(text: string, shortest: number, longest: number): readonly string[] {
  const out: string[] = [];
  rowsOfCharacters(` ${wordsOf(text).join(" ")} `, shortest, longest, out);
  return out;
}
