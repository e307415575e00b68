import type { StatusView } from "../core/admin-view.ts";
import type { Percentiles } from "../core/availability.ts";
import { SPANS, type SpanAvailability } from "../core/availability-span.ts";
import type { ModelHealthView, Spans } from "../core/health-view.ts";
import { targetName } from "../core/target.ts";
import { formatCount, formatDuration } from "../terminal/format.ts";
import { availabilityStrip, paintStrip, stripLegend } from "../terminal/strip.ts";
import { type Column, plainText, renderTable } from "../terminal/table.ts";
import type { Colours } from "../terminal/terminal.ts";

/** How lines are to look. */
export interface HealthLook {
  readonly columns: number;
  readonly style: Colours;
  readonly isUnicode: boolean;
  /** Unix ms. */
  readonly now: number;
}

/** One line of the table: a span of a provider or model, named on its first. */
interface SpanRow {
  readonly name: string;
  readonly figures: SpanAvailability;
}

const SPAN_WORDS = { "1h": "1 h", "24h": "24 h", "90d": "90 d" } as const;
/** Below so many columns, the figures give way to the strips. */
const WIDE = 90;
/** From so many columns on, strips are twice as long. */
const WIDEST = 120;
const STRIP_CELLS = 15;

/** The share that was answered; never rounded up to all, and no data where nothing was asked. */
export function answeredWords({
  attempts,
  failed,
  ratio,
}: Pick<SpanAvailability, "attempts" | "failed" | "ratio">): string {
  if (ratio === null) return "no data";
  const percent = failed === 0 ? "100" : (Math.floor(ratio * 1_000) / 10).toFixed(1);
  return `${percent} % of ${formatCount(attempts)}`;
}

/** Faults by how often they came. */
function faultWords(faults: SpanAvailability["faults"]): string {
  return Object.entries(faults)
    .toSorted(([, left], [, right]) => right - left)
    .map(([kind, count]) => `${kind} ${formatCount(count)}`)
    .join(", ");
}

function times(figures: Percentiles | null): string {
  return figures === null ? "" : `${formatDuration(figures.p50)} / ${formatDuration(figures.p95)}`;
}

/** Spans of which nothing is known are left out, but for one where nothing is known at all. */
function rowsOf(name: string, spans: Spans): readonly SpanRow[] {
  const known = SPANS.map((span) => spans[span]).filter(({ attempts }) => attempts > 0);
  return (known.length === 0 ? [spans["90d"]] : known).map((figures, index) => ({
    name: index === 0 ? name : "",
    figures,
  }));
}

function columnsOf({ columns, style, isUnicode }: HealthLook, title: string): readonly Column<SpanRow>[] {
  const isWide = columns >= WIDE;
  const width = columns >= WIDEST ? 2 * STRIP_CELLS : STRIP_CELLS;
  const first: readonly Column<SpanRow>[] = [
    { title, cell: ({ name }) => name, canShrink: true },
    { title: "last", cell: ({ figures }) => SPAN_WORDS[figures.span] },
    { title: "answered", cell: ({ figures }) => answeredWords(figures), align: "right" },
    {
      title: "availability",
      cell: ({ figures }) => availabilityStrip(figures.cells, width, isUnicode),
      paint: (text) => paintStrip(text, style),
    },
  ];
  if (!isWide) return first;
  return [
    ...first,
    { title: "first token p50 / p95", cell: ({ figures }) => times(figures.firstTokenMs) },
    { title: "answer p50 / p95", cell: ({ figures }) => times(figures.latencyMs) },
    { title: "failed by", cell: ({ figures }) => faultWords(figures.faults), canShrink: true },
  ];
}

function tableLines(title: string, rows: readonly SpanRow[], look: HealthLook): readonly string[] {
  if (rows.length === 0) return [];
  return ["", ...renderTable(rows, columnsOf(look, title), look), look.style.dim(stripLegend(look.isUnicode))];
}

/** Availability of every provider that is known to have been asked. */
export function providerHealthLines({ providers }: StatusView, look: HealthLook): readonly string[] {
  const asked = providers.filter(({ availability }) => SPANS.some((span) => availability.spans[span].attempts > 0));
  const rows = asked.flatMap(({ id, availability }) => rowsOf(id, availability.spans));
  return tableLines("provider", rows, look);
}

/** Availability of every model that was asked. */
export function modelHealthLines(models: readonly ModelHealthView[], look: HealthLook): readonly string[] {
  if (models.length === 0) return ["", "no model was asked within 90 days"];
  return tableLines(
    "model",
    models.flatMap((model) => rowsOf(targetName(model), model.spans)),
    look,
  );
}

/** Every account and model that is not asked now: how long still, and why. */
export function cooldownLines({ providers }: StatusView, { style, now }: HealthLook): readonly string[] {
  const line = (name: string, untilMs: number, reason: string | null): string =>
    `${style.yellow(name)} is left out for another ${formatDuration(untilMs - now)}: ${plainText(reason ?? "it failed")}`;
  const lines = providers.flatMap(({ id, accounts }) =>
    accounts.flatMap(({ id: account, coolingUntil, coolingReason, models }) => {
      const place = accounts.length === 1 ? "" : `, account ${account}`;
      const paused = models.map(({ model, untilMs, reason }) => line(`${id}/${model}${place}`, untilMs, reason));
      return coolingUntil === null ? paused : [line(`${id}${place}`, coolingUntil, coolingReason), ...paused];
    }),
  );
  return lines.length === 0 ? [] : ["", ...lines];
}
