import type { Finding, HunkFacts } from "./finding.ts";

const ERROR_HANDLING =
  /\b(try|catch|except|rescue|finally|throw|raise|panic|recover|ensure|defer)\b|\.catch\(|if\s+err\s*!=\s*nil|\.(on)?[eE]rror\(|\bunwrap_or|\bResult<|set -e|\|\|\s*(exit|die|return)/;
const CHECK =
  /^\s*(\}?\s*(else\s+)?if\b|elif\b|unless\b|guard\b|assert\w*\b|require\w*\(|expect\w*\(|check\w*\(|validate\w*\(|verify\w*\(|ensure\w*\(|invariant\()|\b(validate|verify|sanitize|sanitise|escape|authorize|assert)\w*\(/i;
const SIGNATURE =
  /^\s*(?:(?:export|public|private|protected|static|async|default|pub(?:\([^)]*\))?|final|abstract|override|inline|virtual|extern|const|unsafe)\s+)*(?:function\b|def\b|func\b|fn\b|class\b|interface\b|struct\b|trait\b|impl\b|type\s+\w+\s*=)|^\s*(?:public|private|protected|internal)\s[\w<>[\],\s]+\(/;
const LARGE_DELETION = 30;

function lossOf(pattern: RegExp, { removed, added }: HunkFacts): string | null {
  if (removed.length === 0) return null;
  const gone = removed.filter((line) => pattern.test(line));
  const come = added.filter((line) => pattern.test(line));
  return gone.length > come.length ? (gone.find((line) => !come.includes(line)) ?? null) : null;
}

function shown(line: string): string {
  const text = line.trim();
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function signatureChange({ removed, added }: HunkFacts): string | null {
  if (removed.length === 0) return null;
  const gone = removed.filter((line) => SIGNATURE.test(line));
  const come = added.filter((line) => SIGNATURE.test(line));
  const lost = gone.find((line) => !come.some((other) => other.trim() === line.trim()));
  return lost ?? null;
}

/** Whether a hunk's lines only went to another place of it. */
function isOnlyOrder({ removed, added }: HunkFacts): boolean {
  const sorted = (lines: readonly string[]): string =>
    lines
      .map((line) => line.trim())
      .filter(Boolean)
      .sort()
      .join("\n");
  return sorted(removed) === sorted(added);
}

/** What a hunk takes away: handling of errors, checks, signatures that others call, much at once. */
export function findLosses(facts: HunkFacts): readonly Finding[] {
  const { removed, added, language, kind } = facts;
  const findings: Finding[] = [];
  if (removed.length - added.length >= LARGE_DELETION && kind !== "generated") {
    findings.push({ reason: "large-deletion", detail: `${removed.length} lines removed, ${added.length} added` });
  }
  if (language.kind !== "code" || isOnlyOrder(facts)) return findings;
  const handling = lossOf(ERROR_HANDLING, facts);
  if (handling !== null) findings.push({ reason: "error-handling-removed", detail: shown(handling) });
  const check = lossOf(CHECK, facts);
  if (check !== null && check !== handling) findings.push({ reason: "check-removed", detail: shown(check) });
  const signature = signatureChange(facts);
  if (signature !== null) findings.push({ reason: "signature-change", detail: shown(signature) });
  return findings;
}
