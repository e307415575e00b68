import { type Edit, editsOf } from "./edits.ts";
import type { Finding, HunkFacts } from "./finding.ts";
import type { Token } from "./tokens.ts";

/** Operators that are mistaken for each other; a change from one to another of its group turns what a program does. */
const GROUPS: readonly (readonly string[])[] = [
  ["<", "<=", ">", ">="],
  ["==", "!=", "===", "!==", "is"],
  ["&&", "||", "and", "or", "??"],
  ["+", "-"],
  ["*", "/", "%", "**"],
  ["+=", "-=", "*=", "/="],
  ["++", "--"],
  ["<<", ">>", ">>>"],
  ["&", "|", "^"],
  ["true", "false"],
  ["True", "False"],
  ["min", "max"],
  ["any", "all"],
  ["some", "every"],
  ["floor", "ceil"],
  ["break", "continue"],
  ["asc", "desc"],
  ["ASC", "DESC"],
  ["allow", "deny"],
  ["first", "last"],
];
/** More are a rewrite, of which each by itself tells little. */
const MOST_FINDINGS = 4;
const GROUP_OF = new Map(GROUPS.flatMap((group, index) => group.map((text) => [text, index] as const)));
const BOUNDARY = GROUP_OF.get("<");

/** The tokens between the common beginning and the common end of two lists. */
function middleOf(one: readonly Token[], other: readonly Token[]): readonly [readonly Token[], readonly Token[]] {
  let start = 0;
  while (start < one.length && start < other.length && one[start]?.text === other[start]?.text) start += 1;
  let end = 0;
  const most = Math.min(one.length, other.length) - start;
  while (end < most && one[one.length - 1 - end]?.text === other[other.length - 1 - end]?.text) end += 1;
  return [one.slice(start, one.length - end), other.slice(start, other.length - end)];
}

/** Where lists of the same length differ, in at most a few places. */
function exchanges(one: readonly Token[], other: readonly Token[]): readonly (readonly [Token, Token])[] {
  if (one.length !== other.length) return [];
  const pairs = one.flatMap((token, index) => {
    const against = other[index];
    return against !== undefined && against.text !== token.text ? [[token, against] as const] : [];
  });
  return pairs.length > 6 ? [] : pairs;
}

function exchangeFinding([from, to]: readonly [Token, Token]): Finding | null {
  const detail = `${from.text} → ${to.text}`;
  const group = GROUP_OF.get(from.text);
  if (group !== undefined && group === GROUP_OF.get(to.text)) {
    return { reason: group === BOUNDARY ? "boundary-change" : "operator-flip", detail };
  }
  if (from.kind === "number" && to.kind === "number") {
    const isNear = Math.abs(Number(from.text) - Number(to.text)) === 1;
    return { reason: isNear ? "boundary-change" : "constant-change", detail };
  }
  return null;
}

/** `!x` for `x`, `i + 1` for `i`, a `not`: few tokens more or less that turn what a program does. */
function insertionFinding(one: readonly Token[], other: readonly Token[]): Finding | null {
  const [less, more] = one.length < other.length ? [one, other] : [other, one];
  const words = more.map(({ text }) => text);
  const verb = one.length < other.length ? "+" : "−";
  if (less.length === 0 && more.length === 1 && /^(!|not|-|~|await)$/.test(words[0] ?? "")) {
    return { reason: "operator-flip", detail: `${verb} ${words[0]}` };
  }
  if (less.length === 0 && more.length === 2 && /^[-+]$/.test(words[0] ?? "") && words[1] === "1") {
    return { reason: "boundary-change", detail: `${verb} ${words.join(" ")}` };
  }
  if (less.length === 0 && more.length <= 12 && /^(&&|\|\||and|or)$/.test(words[0] ?? words.at(-1) ?? "")) {
    return {
      reason: one.length < other.length ? "operator-flip" : "check-removed",
      detail: `${verb} ${words.join(" ").slice(0, 60)}`,
    };
  }
  return null;
}

/** What a stretch that differs says by itself. */
function findingsOf({ removed, added }: Edit): readonly Finding[] {
  const inserted = insertionFinding(removed, added);
  if (inserted !== null) return [inserted];
  return exchanges(removed, added).flatMap((pair) => exchangeFinding(pair) ?? []);
}

/** The same thing said twice says no more. */
function once(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(
    ({ reason, detail }, index) =>
      findings.findIndex((other) => other.reason === reason && other.detail === detail) === index,
  );
}

/** Operators, bounds and constants that were exchanged while the rest stayed. */
export function findFlips({ language, removedTokens, addedTokens }: HunkFacts): readonly Finding[] {
  if (language.kind === "prose" || removedTokens.length === 0 || addedTokens.length === 0) return [];
  const [removed, added] = middleOf(removedTokens, addedTokens);
  if (removed.length + added.length === 0) return [];
  const edits = editsOf(removed, added) ?? [{ removed, added }];
  return once(edits.flatMap(findingsOf)).slice(0, MOST_FINDINGS);
}
