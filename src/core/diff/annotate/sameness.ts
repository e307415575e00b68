import type { Finding, HunkFacts } from "./finding.ts";
import type { Language } from "./language.ts";
import { meaningfulTexts } from "./optional.ts";
import { hasCode, type Token, tokensOf } from "./tokens.ts";

function textsOf(tokens: readonly Token[]): readonly string[] {
  return tokens.map(({ text }) => text);
}

function areSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}

/** Levels of indentation, by rank: two lines have the same where they are nested alike. */
function nesting(lines: readonly string[]): readonly number[] {
  const widths = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const ranks = [...new Set(widths)].sort((one, other) => one - other);
  return widths.map((width) => ranks.indexOf(width));
}

/** Whether only white space, line breaks, and signs without a meaning changed. */
function isFormatOnly({ language, removed, added, allRemoved, allAdded }: HunkFacts): boolean {
  if (areSame(withoutEnds(removed), withoutEnds(added))) return true;
  if (language.kind === "prose")
    return removed.join(" ").split(/\s+/).join(" ").trim() === added.join(" ").split(/\s+/).join(" ").trim();
  if (allRemoved.length === 0 && removed.some((line) => line.trim() !== "")) return false;
  if (!areSame(meaningfulTexts(allRemoved, language), meaningfulTexts(allAdded, language))) return false;
  if (!language.isIndented) return true;
  return areSame(removed.map((line) => line.trim()).filter(Boolean), added.map((line) => line.trim()).filter(Boolean))
    ? areSame(nesting(removed).map(String), nesting(added).map(String))
    : removed[0] !== undefined && added[0] !== undefined && leading(removed[0]) === leading(added[0]);
}

/** Lines that say something, without the blanks at their ends. */
function withoutEnds(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.trimEnd()).filter(Boolean);
}

/** The code of each line by itself, with how deep it stands: what comments cannot change. */
function codeLines(lines: readonly string[], language: Language): readonly string[] {
  return lines.flatMap((line) => {
    const code = tokensOf(line, language).filter(({ kind }) => kind !== "comment");
    return code.length === 0 ? [] : [`${leading(line)} ${textsOf(code).join(" ")}`];
  });
}

function isCommentOnly({ language, removed, added, removedTokens, addedTokens }: HunkFacts): boolean {
  if (removed.length === 0 || added.length === 0) return !hasCode([...removed, ...added].join("\n"), language);
  if (!areSame(textsOf(removedTokens), textsOf(addedTokens))) return false;
  return !language.isIndented || areSame(codeLines(removed, language), codeLines(added, language));
}

function leading(line: string): number {
  return line.length - line.trimStart().length;
}

/** Words that stand for others, each for one: null where more than names changed. */
function renamedWords(removed: readonly Token[], added: readonly Token[]): ReadonlyMap<string, string> | null {
  if (removed.length !== added.length || removed.length === 0) return null;
  const forth = new Map<string, string>();
  const back = new Map<string, string>();
  for (const [index, { kind, text }] of removed.entries()) {
    const other = added[index];
    if (other === undefined || other.kind !== kind) return null;
    if (kind !== "word") {
      if (other.text !== text) return null;
      continue;
    }
    if ((forth.get(text) ?? other.text) !== other.text || (back.get(other.text) ?? text) !== text) return null;
    forth.set(text, other.text);
    back.set(other.text, text);
  }
  const changed = [...forth].filter(([from, to]) => from !== to);
  return changed.length === 0 || changed.some(([from, to]) => KEYWORDS.test(from) || KEYWORDS.test(to))
    ? null
    : new Map(changed);
}

/** Words whose exchange is no rename. */
const KEYWORDS =
  /^(true|false|null|nil|none|undefined|and|or|not|is|in|if|else|while|for|return|break|continue|await|async|const|let|var|static|public|private|protected|final|throw|raise|yield|min|max|any|all|floor|ceil|first|last|start|end|left|right|allow|deny|True|False|None|lt|gt|le|ge|eq|ne|lte|gte|asc|desc|read|write|lock|unlock|encrypt|decrypt|http|https|add|remove|push|pop|shift|unshift|open|close|enable|disable|enabled|disabled|before|after|next|prev|previous|width|height|x|y|i|j|src|dst|from|to|old|new)$/;

const IMPORT =
  /^\s*(import\b|from\s+\S+\s+import\b|export\s+(\*|\{[^}]*\})\s+from\b|const\s+.*=\s*require\(|require\b|#include\b|use\s+[\w:]+|using\s+[\w.]+;|package\s+\w|"[\w./-]+"$|[\w*{},\s]+\}\s+from\s+["'])/;

function isImport(line: string): boolean {
  return line.trim() === "" || IMPORT.test(line) || /^\s*[)}\](]?[,;]?\s*$/.test(line);
}

/** What says that a hunk does as before: formatting, comments, names, imports. At most one. */
export function findSameness(facts: HunkFacts): Finding | null {
  const { removed, added, removedTokens, addedTokens, language } = facts;
  const changed = [...removed, ...added];
  if (changed.every((line) => line.trim() === "") || (removed.length > 0 && added.length > 0 && isFormatOnly(facts))) {
    return { reason: "format-only", detail: "only white space and signs without a meaning" };
  }
  if (language.kind === "prose" || language.kind === "data") return null;
  if (isCommentOnly(facts)) {
    return { reason: "comment-only", detail: "only comments" };
  }
  if (changed.some((line) => IMPORT.test(line)) && changed.every(isImport)) {
    return { reason: "import-only", detail: "only imports" };
  }
  const renamed = renamedWords(removedTokens, addedTokens);
  if (renamed !== null) {
    const shown = [...renamed].slice(0, 3).map(([from, to]) => `${from} → ${to}`);
    return { reason: "rename", detail: shown.join(", ") };
  }
  return null;
}
