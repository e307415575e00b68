import type { GpuCardView, GpuProcess, GpuView } from "../../core/gpu/gpu.ts";
import { isEngineProcess } from "../../core/gpu/gpu.ts";
import { columnsOf, type GpuSample } from "../../core/gpu/history.ts";
import { horizontalBar, levels } from "../../terminal/bars.ts";
import { formatBytes } from "../../terminal/format.ts";
import { type Column, plainText, renderFacts, renderTable } from "../../terminal/table.ts";
import type { Colours } from "../../terminal/terminal.ts";

/** Where lines of cards are shown. */
export interface GpuLook {
  readonly columns: number;
  readonly style: Colours;
}

/** The history of the cards over a span of time, Unix ms. */
export interface GpuPast {
  readonly from: number;
  readonly to: number;
  readonly samples: readonly GpuSample[];
}

const UNTOLD = "?";
const HOT_CELSIUS = 85;
const MOST_PROCESSES = 6;
const MOST_HISTORY_COLUMNS = 60;
const TITLE_COLUMNS = 24;

function told(value: number | null, show: (value: number) => string): string {
  return value === null ? UNTOLD : show(value);
}

function percentWords(value: number | null): string {
  return told(value, (percent) => `${Math.round(percent)} %`);
}

function powerWords({ powerWatts, powerLimitWatts }: GpuCardView): string {
  const limit = powerLimitWatts === null ? "" : ` of ${Math.round(powerLimitWatts)}`;
  return told(powerWatts, (watts) => `${Math.round(watts)}${limit} W`);
}

function heatWords({ temperatureCelsius }: GpuCardView): string {
  return told(temperatureCelsius, (celsius) => `${Math.round(celsius)} °C`);
}

function throttleWordsOf({ throttle }: GpuCardView): string {
  if (throttle === null) return UNTOLD;
  return throttle.length === 0 ? "no" : throttle.join(", ");
}

function paintHeat(text: string, { temperatureCelsius }: GpuCardView, style: Colours): string {
  return (temperatureCelsius ?? 0) >= HOT_CELSIUS ? style.red(text) : text;
}

function cardColumns(style: Colours): readonly Column<GpuCardView>[] {
  const bytes = (title: string, value: (card: GpuCardView) => number | null): Column<GpuCardView> => ({
    title,
    cell: (card) => told(value(card), formatBytes),
    align: "right",
  });
  return [
    { title: "gpu", cell: ({ index }) => String(index) },
    { title: "name", cell: ({ name }) => name ?? UNTOLD, canShrink: true },
    { title: "busy", cell: ({ utilizationPercent }) => percentWords(utilizationPercent), align: "right" },
    bytes("memory", ({ memory }) => memory.totalBytes),
    bytes("models", ({ memory }) => memory.ownBytes),
    bytes("others", ({ memory }) => memory.foreignBytes),
    bytes("free", ({ memory }) => memory.freeBytes),
    { title: "heat", cell: heatWords, align: "right", paint: (text, card) => paintHeat(text, card, style) },
    { title: "power", cell: powerWords, align: "right" },
    { title: "held back", cell: throttleWordsOf, canShrink: true },
  ];
}

interface Holder extends GpuProcess {
  readonly gpu: number;
}

function holdersOf({ gpus }: GpuView): readonly Holder[] {
  return gpus.flatMap(({ index, processes }) => (processes ?? []).map((process) => ({ ...process, gpu: index })));
}

const HOLDER_COLUMNS: readonly Column<Holder>[] = [
  { title: "gpu", cell: ({ gpu }) => String(gpu) },
  { title: "pid", cell: ({ pid }) => String(pid), align: "right" },
  { title: "memory", cell: ({ memoryBytes }) => told(memoryBytes, formatBytes), align: "right" },
  { title: "whose", cell: ({ name }) => (isEngineProcess(name) ? "models" : "others") },
  { title: "program", cell: ({ name }) => name ?? UNTOLD, canShrink: true },
];

/** What stands above the cards. */
function gpuHead({ source, driver, cuda, problem }: GpuView): string {
  const parts = [
    driver === null ? null : `driver ${driver}`,
    cuda === null ? null : `CUDA ${cuda}`,
    source === "none" ? null : `read through ${source}`,
    problem,
  ];
  return parts.filter((part) => part !== null).join(", ");
}

/** The cards as a table, and below it what holds their memory. */
export function gpuTable(view: GpuView, look: GpuLook): readonly string[] {
  const holders = holdersOf(view);
  const table = renderTable(view.gpus, cardColumns(look.style), look);
  if (holders.length === 0) return [gpuHead(view), "", ...table];
  return [gpuHead(view), "", ...table, "", ...renderTable(holders, HOLDER_COLUMNS, look)];
}

const TRACES: readonly (readonly [
  title: string,
  pick: (sample: GpuSample) => number | null,
  most: (card: GpuCardView) => number,
  show: (value: number) => string,
])[] = [
  ["busy", ({ utilizationPercent }) => utilizationPercent, () => 100, (value) => `${Math.round(value)} %`],
  ["memory", ({ usedBytes }) => usedBytes, ({ totalBytes }) => totalBytes ?? 0, formatBytes],
  ["of it models", ({ ownBytes }) => ownBytes, ({ totalBytes }) => totalBytes ?? 0, formatBytes],
  ["heat", ({ temperatureCelsius }) => temperatureCelsius, () => 100, (value) => `${Math.round(value)} °C`],
  [
    "power",
    ({ powerWatts }) => powerWatts,
    ({ powerLimitWatts }) => powerLimitWatts ?? 0,
    (value) => `${Math.round(value)} W`,
  ],
];

/** A card's past, a row for each thing that it told; the mean and the highest beside it. */
export function pastLines(card: GpuCardView, past: GpuPast, look: GpuLook): readonly string[] {
  const columns = Math.max(10, Math.min(MOST_HISTORY_COLUMNS, look.columns - TITLE_COLUMNS - 16));
  const own = past.samples.filter(({ gpu }) => gpu === card.id);
  const facts = TRACES.flatMap(([title, pick, most, show]) => {
    const values = columnsOf(own, pick, { ...past, columns });
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return [];
    const highest = Math.max(...known);
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    const row = levels(values, most(card) || highest);
    return [[title, `${look.style.cyan(row)}  mean ${show(mean)}, most ${show(highest)}`] as const];
  });
  return renderFacts(facts, look.style);
}

function memoryBar({ memory }: GpuCardView, width: number): string {
  const { totalBytes, freeBytes } = memory;
  if (totalBytes === null || freeBytes === null || totalBytes === 0) return "";
  return horizontalBar((totalBytes - freeBytes) / totalBytes, width);
}

function liveCard(card: GpuCardView, past: GpuPast, look: GpuLook): readonly string[] {
  const { style } = look;
  const { memory } = card;
  const width = Math.max(10, Math.min(40, look.columns - 72));
  const share = [`models ${told(memory.ownBytes, formatBytes)}`, `others ${told(memory.foreignBytes, formatBytes)}`];
  const free = `free ${told(memory.freeBytes, formatBytes)} of ${told(memory.totalBytes, formatBytes)}`;
  const busy = card.utilizationPercent === null ? "" : horizontalBar(card.utilizationPercent / 100, width);
  const clock = told(card.clockMhz, (megahertz) => `${megahertz} MHz`);
  const now = renderFacts(
    [
      ["busy", `${busy} ${percentWords(card.utilizationPercent)}`],
      ["memory", `${memoryBar(card, width)} ${[...share, free].join(", ")}`],
      ["heat", `${paintHeat(heatWords(card), card, style)}, power ${powerWords(card)}, clock ${clock}`],
      ["held back", throttleWordsOf(card)],
    ],
    style,
  );
  return [
    style.bold(`${card.index}  ${plainText(card.name ?? UNTOLD)}`),
    ...now,
    "",
    ...pastLines(card, past, look),
    "",
  ];
}

/** A screen of the live view. */
export function gpuScreen(view: GpuView, past: GpuPast, look: GpuLook): readonly string[] {
  const holders = holdersOf(view).slice(0, MOST_PROCESSES);
  return [
    `${look.style.bold("Lodestar gpu")}  ${plainText(gpuHead(view))}`,
    "",
    ...view.gpus.flatMap((card) => liveCard(card, past, look)),
    ...(holders.length === 0 ? [] : renderTable(holders, HOLDER_COLUMNS, look)),
  ];
}
