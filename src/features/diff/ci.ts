import { REASONS } from "../../core/diff/annotate/finding.ts";
import type { JsonObject } from "../../core/json.ts";
import type { HunkReport, PatchReport } from "./report.ts";
import { riskLevel } from "./words-of-hunk.ts";

/** The lines of the file after the change that a hunk is about; at least the first line. */
function regionOf({ range }: HunkReport): { readonly startLine: number; readonly endLine: number } {
  const startLine = Math.max(1, range.newStart);
  return { startLine, endLine: Math.max(startLine, range.newStart + range.newLines - 1) };
}

function messageOf({ kind, risk, reasons }: HunkReport): string {
  const why = reasons.map(({ reason, detail }) => `${reason} (${detail})`).join(", ");
  return `risk ${risk}, ${kind}${why === "" ? "" : `: ${why}`}`;
}

const RULE_OF_NOTES = "note";
const RULE_OF_REST = "change";
const RULES: readonly string[] = [...REASONS, RULE_OF_NOTES, RULE_OF_REST];
const LEVELS = { high: "error", middle: "warning", low: "note" } as const;

interface Result {
  readonly rule: string;
  readonly level: string;
  readonly text: string;
  readonly region: JsonObject;
  readonly hunk: HunkReport;
}

function sarifResult({ rule, level, text, region, hunk }: Result): JsonObject {
  const uri = hunk.file.split("/").map(encodeURIComponent).join("/");
  return {
    ruleId: rule,
    ruleIndex: RULES.indexOf(rule),
    level,
    message: { text },
    locations: [{ physicalLocation: { artifactLocation: { uri, uriBaseId: "%SRCROOT%" }, region } }],
    partialFingerprints: { "lodestarHunk/v1": hunk.fingerprint },
    properties: { risk: hunk.risk, intent: hunk.kind },
  };
}

function resultsOf(hunk: HunkReport, least: number): readonly Result[] {
  const risky: Result = {
    rule: hunk.reasons[0]?.reason ?? RULE_OF_REST,
    level: LEVELS[riskLevel(hunk.risk)],
    text: messageOf(hunk),
    region: { ...regionOf(hunk) },
    hunk,
  };
  const notes = hunk.notes.map(({ line, side, text, severity, model }): Result => {
    const region = side === "new" ? { startLine: line } : { ...regionOf(hunk) };
    return {
      rule: RULE_OF_NOTES,
      level: severity === "warning" ? "warning" : "note",
      text: `${text} (${model})`,
      region,
      hunk,
    };
  });
  return [...(hunk.risk >= least ? [risky] : []), ...notes];
}

/**
 * Hunks of at least a risk, and all notes, as SARIF 2.1.0
 * (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).
 */
export function sarifOf({ hunks }: PatchReport, least: number, version: string): JsonObject {
  const rules = RULES.map((id) => ({ id, shortDescription: { text: id.replaceAll("-", " ") } }));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "lodestar diff", version, rules } },
        columnKind: "utf16CodeUnits",
        results: hunks.flatMap((hunk) => resultsOf(hunk, least)).map(sarifResult),
      },
    ],
  };
}

function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return escaped(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/**
 * Hunks of at least a risk, and all notes, as GitHub's workflow commands
 * (https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands): high and middle risks as warnings, the
 * rest as notices.
 */
export function githubLines({ hunks }: PatchReport, least: number): readonly string[] {
  const line = (result: Result): string => {
    const { startLine, endLine } = result.region;
    const end = endLine === undefined ? "" : `,endLine=${String(endLine)}`;
    const command = result.level === "note" ? "notice" : "warning";
    const place = `file=${property(result.hunk.file)},line=${String(startLine)}${end}`;
    return `::${command} ${place},title=${property(`lodestar diff: ${result.rule}`)}::${escaped(result.text)}`;
  };
  return hunks.flatMap((hunk) => resultsOf(hunk, least)).map(line);
}
