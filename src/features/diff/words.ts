import { diffArrays } from "diff";

/** A piece of a line, and whether the other version of the line lacks it. The pieces of a line, put together, are the line. */
export interface WordSpan {
  readonly text: string;
  readonly isChanged: boolean;
}

/** Both versions of a line in pieces, and how much of them is the same, from 0 to 1. */
export interface WordDiff {
  readonly removed: readonly WordSpan[];
  readonly added: readonly WordSpan[];
  /** Both in one line: what was taken away stands before what came in its place. */
  readonly merged: readonly MergedSpan[];
  readonly likeness: number;
}

/** A piece of both versions together. */
export interface MergedSpan {
  readonly text: string;
  readonly kind: "same" | "removed" | "added";
}

const WORDS = /[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu;
/** Longer lines (minified code, data) are compared by their common ends only. */
const MOST_WORDS = 400;

function wordsOf(line: string): readonly string[] {
  return line.match(WORDS) ?? [];
}

/** Neighbours of one kind as one piece; what is only white space between two changed pieces is changed with them. */
function joined(spans: readonly WordSpan[]): readonly WordSpan[] {
  const result: WordSpan[] = [];
  for (const [index, { text, isChanged }] of spans.entries()) {
    const isBetween = text.trim() === "" && result.at(-1)?.isChanged === true && spans[index + 1]?.isChanged === true;
    const last = result.at(-1);
    if (last !== undefined && last.isChanged === (isChanged || isBetween)) {
      result[result.length - 1] = { text: last.text + text, isChanged: last.isChanged };
    } else if (text !== "") result.push({ text, isChanged: isChanged || isBetween });
  }
  return result;
}

function isInWord(text: string, at: number): boolean {
  return /[\p{L}\p{N}_]/u.test(text[at - 1] ?? "") && /[\p{L}\p{N}_]/u.test(text[at] ?? "");
}

/** The pieces by what both lines begin and end with, in whole words. */
function byEnds(removed: string, added: string): WordDiff {
  const most = Math.min(removed.length, added.length);
  let start = 0;
  while (start < most && removed[start] === added[start]) start += 1;
  if (start < most || removed.length !== added.length) {
    while (start > 0 && (isInWord(removed, start) || isInWord(added, start))) start -= 1;
  }
  let end = 0;
  while (end < most - start && removed.at(-1 - end) === added.at(-1 - end)) end += 1;
  while (end > 0 && (isInWord(removed, removed.length - end) || isInWord(added, added.length - end))) end -= 1;
  const [head, tail] = [removed.slice(0, start), removed.slice(removed.length - end)];
  const middle = (line: string): string => line.slice(start, line.length - end);
  const cut = (line: string): readonly WordSpan[] =>
    joined([
      { text: head, isChanged: false },
      { text: middle(line), isChanged: true },
      { text: tail, isChanged: false },
    ]);
  const merged = [
    { text: head, kind: "same" },
    { text: middle(removed), kind: "removed" },
    { text: middle(added), kind: "added" },
    { text: tail, kind: "same" },
  ] as const;
  const same = head.trim().length + tail.trim().length;
  return {
    removed: cut(removed),
    added: cut(added),
    merged: merged.filter(({ text }) => text !== ""),
    likeness: Math.min(1, same / Math.max(removed.trim().length, added.trim().length, 1)),
  };
}

function lengthOf(spans: readonly WordSpan[]): number {
  return spans.reduce((sum, { text }) => sum + text.trim().length, 0);
}

/** Which words of two versions of a line differ. Quadratic only up to a length; beyond it, or in haste, the common ends tell. */
export function diffWords(removedLine: string, addedLine: string, isHasty = false): WordDiff {
  if (isHasty) return byEnds(removedLine, addedLine);
  const [removedWords, addedWords] = [wordsOf(removedLine), wordsOf(addedLine)];
  if (removedWords.length > MOST_WORDS || addedWords.length > MOST_WORDS) return byEnds(removedLine, addedLine);
  const changes = diffArrays([...removedWords], [...addedWords]);
  const spansOf = (skipped: "added" | "removed"): readonly WordSpan[] =>
    changes
      .filter((change) => !change[skipped])
      .map(({ value, added, removed }) => ({ text: value.join(""), isChanged: added || removed }));
  const [removed, added] = [spansOf("added"), spansOf("removed")];
  const same = lengthOf(removed.filter(({ isChanged }) => !isChanged));
  const most = Math.max(lengthOf(removed), lengthOf(added), 1);
  const merged = changes.map(({ value, added: isNew, removed: isGone }): MergedSpan => {
    const changed = isNew ? "added" : "removed";
    return { text: value.join(""), kind: isNew || isGone ? changed : "same" };
  });
  return { removed: joined(removed), added: joined(added), merged, likeness: same / most };
}
