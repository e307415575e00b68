import { exactUsd } from "../../core/money.ts";
import type { MatchedRule, RuleTrace, RuleVerdict } from "../../core/routing/rules/verdict.ts";
import { formatDuration } from "../../terminal/format.ts";
import { type Column, renderFacts, renderTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { TrialSay } from "./trial.ts";

const ORIGINS = { configuration: "yours", project: ".lodestar.yaml" } as const;

const COLUMNS: readonly Column<RuleTrace>[] = [
  { title: "rule", cell: ({ name }) => name, canShrink: true },
  { title: "from", cell: ({ origin, position }) => `${ORIGINS[origin]}, rule ${position + 1}` },
  { title: "priority", cell: ({ priority }) => String(priority), align: "right" },
  { title: "", cell: ({ outcome }) => OUTCOMES[outcome] },
  { title: "why", cell: ({ reasons }) => reasons.join("; "), canShrink: true },
];

const OUTCOMES = { matched: "decides", failed: "no", shadowed: "too late" } as const;

function named({ name, origin, position }: MatchedRule): string {
  return `${name} (${ORIGINS[origin]}, rule ${position + 1})`;
}

function cacheWords({ cache }: RuleVerdict): string | null {
  if (cache === null) return null;
  const age = cache.maxAgeMs === null ? [] : [`at most ${formatDuration(cache.maxAgeMs)} old`];
  return [...(cache.switch === null ? [] : [cache.switch]), ...age].join(", ");
}

function clampWords({ clamps }: RuleVerdict): string | null {
  if (clamps === null) return null;
  const { maxOutputTokens, maxTemperature, maxEffort } = clamps;
  const all = [
    ["output tokens", maxOutputTokens],
    ["temperature", maxTemperature],
    ["effort", maxEffort],
  ] as const;
  return all.flatMap(([what, most]) => (most === null ? [] : [`${what} ${most}`])).join(", ");
}

/** Where it goes: refused, by names, or wherever the policy would. */
function placeWords({ verdict, targets, requested, isAuto }: TrialSay): string {
  const all = targets.length === 0 ? "nothing that is configured here" : targets.join(", ");
  if (verdict.denied !== null) return `nowhere: "${verdict.denied.message}" (${named(verdict.denied.by)})`;
  if (verdict.names !== null) return `${verdict.names.join(", ")}: ${all}`;
  return isAuto ? `the policy chooses from ${all}` : `${requested}, as it was asked for: ${all}`;
}

function factsOf(say: TrialSay): readonly (readonly [string, string])[] {
  const { verdict } = say;
  const { rule, limitedBy, floor, ceilingNanoUsd, isStickyOff } = verdict;
  const rows: readonly (readonly [string, string | null])[] = [
    ["rule", rule === null ? "none decides" : named(rule)],
    ["limits too", limitedBy === null ? null : named(limitedBy)],
    ["goes to", placeWords(say)],
    ["floor", floor === null ? null : String(floor)],
    ["ceiling", ceilingNanoUsd === null ? null : `${exactUsd(ceilingNanoUsd)} a request`],
    ["cache", cacheWords(verdict)],
    ["at most", clampWords(verdict)],
    ["sticky", isStickyOff ? "no" : null],
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}

/** Shows which rule decides, what follows, and how all of them fared. */
export function showSay(say: TrialSay, terminal: Terminal): void {
  for (const line of renderFacts(factsOf(say), terminal.style)) terminal.out(line);
  const traces = say.verdict.explain();
  if (traces.length === 0) {
    terminal.talk("there are no rules: docs/routing-rules.md shows how they are written");
    return;
  }
  terminal.out("");
  for (const line of renderTable(traces, COLUMNS, terminal)) terminal.out(line);
}

/** The same as data. */
export function sayJson({ verdict, targets, requested }: TrialSay): object {
  const { explain, ...said } = verdict;
  return { requested, ...said, targets, rules: explain() };
}
