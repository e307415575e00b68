import { METRICS, type Metric, type Samples } from "../measure/samples.ts";
import type { Absent, TargetName } from "../targets/target.ts";
import type { Verdict } from "./bars.ts";
import type { Surroundings } from "./machine.ts";
import { median } from "./statistics.ts";

/** Everything a report is made from. */
export interface Findings extends Surroundings {
  /** Date of the run, `YYYY-MM-DD`. */
  readonly date: string;
  readonly samples: Samples;
  readonly verdicts: readonly Verdict[];
  readonly absent: readonly Absent[];
  /** E.g. `123456 requests sent, 123456 rows`. */
  readonly ledger: string;
}

const COLUMNS: readonly (readonly [TargetName, string])[] = [
  ["lodestar", "Lodestar"],
  ["hono", "bare Bun + Hono"],
  ["nginx", "nginx"],
  ["portkey", "Portkey on Node"],
  ["direct", "direct call"],
];

function isMetric(name: string): name is Metric {
  return name in METRICS;
}

/** A number with about three significant digits. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not measured" : "never";
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

/** Median, and where there are several values how many and from what to what. */
function cell(values: readonly number[]): string {
  if (values.length === 0) return "–";
  const middle = shown(median(values));
  if (values.length === 1) return middle;
  return `${middle} (${shown(Math.min(...values))}–${shown(Math.max(...values))}, n=${values.length})`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** The bars as rows of a Markdown table. */
export function verdictRows(verdicts: readonly Verdict[]): readonly string[] {
  const rows = verdicts.map(({ title, limit, measured, unit, isMet }) =>
    row([title, limit, `${shown(measured)} ${unit}`.trim(), isMet ? "met" : "**missed**"]),
  );
  return [row(["bar", "limit", "measured", "verdict"]), row(["---", "---", "---", "---"]), ...rows];
}

/** All figures as rows of a Markdown table. */
export function figureRows(samples: Samples): readonly string[] {
  const rows = Object.entries(METRICS).map(([metric, { title, unit }]) => {
    const cells = COLUMNS.map(([target]) => (isMetric(metric) ? cell(samples.of(metric, target)) : "–"));
    return row([unit === "" ? title : `${title}, ${unit}`, ...cells]);
  });
  return [row(["figure", ...COLUMNS.map(([, title]) => title)]), row(["---", ...COLUMNS.map(() => "---:")]), ...rows];
}

/** `docs/performance.md`: the bars, every figure with its spread, and how it was measured. */
export function performancePage(findings: Findings): string {
  const { date, machine, versions, samples, verdicts, absent, ledger } = findings;
  const met = verdicts.filter(({ isMet }) => isMet).length;
  const without = absent.map(({ name, reason }) => `Not measured: ${name}, because ${reason}.\n`);
  return `# Performance

Written by \`bun run bench\` on ${date}: ${machine}; ${versions.join(", ")}. ${met} of ${verdicts.length} bars met.
${without.length === 0 ? "" : `\n${without.join("")}`}
## The bars

Lodestar is the compiled binary as a user runs it, with its ledger and its log on. Ratios are medians over rounds in which
both were measured one after the other.

${verdictRows(verdicts).join("\n")}

## All figures

Median (lowest–highest, number of rounds or tries). MB are 10^6 bytes.

${figureRows(samples).join("\n")}

${ledger}.

## How it is measured

- Everything runs on one machine over loopback: the load generator, what is measured, and a fake upstream, each a process of
  its own. The upstream sends prepared bytes from bare sockets and names another model than the one asked for, as providers
  do, so every relayed event is really rewritten. nginx runs one worker.
- CPU is user and system time of the measured process with its threads and children, from \`/proc/<pid>/stat\`, up to 120 ms
  after the last reply, so that what is written behind the requests counts too.
- The rounds of all targets alternate, each beginning with another target. Added latency is the difference to the direct call
  of the same round.
- At a fixed rate requests are sent whether earlier ones were answered or not; latency runs from the moment of sending.
- The bare pass-through is \`scripts/bench/hono-proxy.ts\`, compiled with the product's own flags. It reads no body, books
  nothing and logs nothing.
- A burst is one write for each event, as fast as the socket takes them, 8 streams at once; paced streams are out of step.
- Memory is the resident set, the program file's own pages included.
- A client leaves by closing its connection; the time runs until the upstream sees its connection closed, and the worst case counts.
- The costs dashboard is timed in the measuring process on a generated ledger: today, this week and this month by every grouping,
  with and without a filter, each its total and its groups together.
`;
}
