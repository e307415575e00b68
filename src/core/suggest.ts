/** Damerau–Levenshtein distance (optimal string alignment): insertions, deletions, substitutions and neighbour swaps cost 1. */
export function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1];
      const isSwap = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwap ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length] ?? 0;
}

/** Up to `limit` of `candidates` that `word` may be a misspelling or a fragment of, nearest first. Case does not matter. */
export function suggest(word: string, candidates: Iterable<string>, limit = 3): readonly string[] {
  const wanted = word.toLowerCase();
  const tolerance = Math.max(1, Math.floor(wanted.length / 3));
  const scored: { candidate: string; score: number }[] = [];
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    const isFragment = wanted.length >= 3 && known.includes(wanted);
    // The distance is at least the difference in length; without this, a long word would cost seconds.
    if (!isFragment && Math.abs(wanted.length - known.length) > tolerance) continue;
    const score = isFragment ? 0.5 : editDistance(wanted, known);
    if (score <= tolerance) scored.push({ candidate, score });
  }
  return scored
    .sort((a, b) => a.score - b.score || a.candidate.localeCompare(b.candidate))
    .slice(0, limit)
    .map((entry) => entry.candidate);
}

/** ` Did you mean a, b or c?`, or nothing when there is no suggestion. Starts with a space. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const found = suggest(word, candidates);
  if (found.length === 0) return "";
  const quoted = found.map((name) => `"${name}"`);
  const head = quoted.slice(0, -1).join(", ");
  return ` Did you mean ${head === "" ? "" : `${head} or `}${quoted.at(-1)}?`;
}
