import { escapeHtml } from "./escape.ts";

/** Series beyond these have no colour of their own and are drawn together. */
export const MOST_SERIES = 8;

/** One bar: its name, and the size of its part of each series. */
export interface Bar {
  readonly name: string;
  readonly parts: readonly number[];
}

/** Bars over time, each stacked from the parts of the series. */
export interface StackedChart {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  /** What one sees in it, in a sentence, for who cannot. */
  readonly description: string;
  readonly series: readonly string[];
  readonly bars: readonly Bar[];
  readonly format: (value: number) => string;
}

const WIDTH = 720;
const HEIGHT = 240;
const LEFT = 76;
const BOTTOM = 26;
const TOP = 10;
const PLOT_WIDTH = WIDTH - LEFT - 4;
const PLOT_HEIGHT = HEIGHT - TOP - BOTTOM;
const MOST_LABELS = 8;
const LINES = 4;

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The next of 1, 2, 2.5, 5, 10… times a power of ten: an axis that ends there has round steps. */
function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}

function place(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function gridLine(share: number, label: string): string {
  const y = place(TOP + PLOT_HEIGHT * (1 - share));
  return `<line class="grid" x1="${LEFT}" x2="${WIDTH - 4}" y1="${y}" y2="${y}"/><text class="axis" x="${LEFT - 6}" y="${y}" dy="0.32em" text-anchor="end">${escapeHtml(label)}</text>`;
}

function barShapes(chart: StackedChart, { name, parts }: Bar, index: number, most: number): string {
  const slot = PLOT_WIDTH / chart.bars.length;
  const width = Math.max(1, Math.min(slot * 0.8, 48));
  const x = place(LEFT + slot * index + (slot - width) / 2);
  let base = TOP + PLOT_HEIGHT;
  const shapes = parts.map((value, series) => {
    const height = (value / most) * PLOT_HEIGHT;
    base -= height;
    if (value <= 0) return "";
    const words = `${name}: ${chart.series[series] ?? ""} ${chart.format(value)}`;
    return `<rect class="s${series}" x="${x}" y="${place(base)}" width="${place(width)}" height="${place(height)}"><title>${escapeHtml(words)}</title></rect>`;
  });
  return shapes.join("");
}

function barLabel({ bars }: StackedChart, { name }: Bar, index: number): string {
  const every = Math.ceil(bars.length / MOST_LABELS);
  if (index % every !== 0) return "";
  const slot = PLOT_WIDTH / bars.length;
  const short = /^\d{4}-\d{2}-\d{2}$/.test(name) ? name.slice(5) : name;
  return `<text class="axis" x="${place(LEFT + slot * (index + 0.5))}" y="${HEIGHT - 8}" text-anchor="middle">${escapeHtml(short)}</text>`;
}

function legend(series: readonly string[]): string {
  const items = series.map(
    (name, index) =>
      `<li><svg class="key" viewBox="0 0 10 10" aria-hidden="true"><rect class="s${index}" width="10" height="10" rx="2"/></svg>${escapeHtml(name)}</li>`,
  );
  return `<ul class="legend">${items.join("")}</ul>`;
}

/** A chart of stacked bars as inline SVG, with a title, a description and a legend. */
export function stackedBars(chart: StackedChart): string {
  const { id, title, description, series, bars } = chart;
  const most = roundUp(Math.max(0, ...bars.map(({ parts }) => sum(parts))));
  const grid = Array.from({ length: LINES + 1 }, (_, line) =>
    gridLine(line / LINES, chart.format((most * line) / LINES)),
  );
  const shapes = bars.map((bar, index) => barShapes(chart, bar, index, most) + barLabel(chart, bar, index));
  return `<figure><svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-text"><title id="${id}-title">${escapeHtml(title)}</title><desc id="${id}-text">${escapeHtml(description)}</desc>${grid.join("")}${shapes.join("")}</svg><figcaption>${escapeHtml(title)}</figcaption>${legend(series)}</figure>`;
}

/** A bar as long as the share (0 to 1) of a row in its table, beside the figures that it repeats. */
export function shareBar(share: number): string {
  const width = place(Math.max(0, Math.min(1, share)) * 100);
  return `<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8" rx="2"/><rect class="s0" width="${width}" height="8" rx="2"/></svg>`;
}
