import type { GpuView } from "../../core/gpu/gpu.ts";
import { type GpuHistoryView, type GpuSample, samplesOf } from "../../core/gpu/history.ts";
import { processScreen } from "../../features/counter/screen.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { readKeys } from "../../terminal/keys.ts";
import { createScreenDiff } from "../../terminal/screen-diff.ts";
import type { CliHost, Outcome } from "../command.ts";
import { type Connection, readView } from "../connection.ts";
import { pause } from "../costs/dashboard-follow.ts";
import { holdScreen } from "../live-screen.ts";
import { gpuScreen, withFooter } from "./view.ts";

const EVERY_MS = 1_000;

/** Reads every second until the signal; `show` gets each reading once. */
async function readOn(connection: Connection, ended: AbortSignal, show: (view: GpuView) => void): Promise<Outcome> {
  let shownAt = -1;
  while (!ended.aborted) {
    const read = await readView<GpuView>(connection, "/v1/gpu?watch=true");
    if (!read.ok) return ended.aborted ? EXIT_CODES.ok : read.error;
    if (read.value.at !== shownAt) show(read.value);
    shownAt = read.value.at;
    await pause(EVERY_MS, ended);
  }
  return EXIT_CODES.ok;
}

function isLeaving(bytes: Uint8Array): boolean {
  return readKeys(new TextDecoder().decode(bytes)).some(
    (key) => key === "interrupt" || key === "escape" || (typeof key === "object" && key.typed === "q"),
  );
}

/** `gpu --watch`: a live view, or for programs a line of JSON with each reading. */
export function watchGpu(
  host: CliHost,
  connection: Connection,
  isJson: boolean,
  past: GpuHistoryView,
): Promise<Outcome> {
  const { terminal } = host;
  if (isJson) {
    return readOn(connection, host.signal, (view) => terminal.out(JSON.stringify(view)));
  }
  const screen = processScreen();
  const diff = createScreenDiff();
  const spanMs = host.now() - past.from;
  let samples: readonly GpuSample[] = past.samples;
  let view: GpuView | null = null;
  const redraw = (): void => {
    if (view === null) return;
    const size = screen.size();
    const to = host.now();
    const lines = gpuScreen(view, { from: to - spanMs, to, samples }, { columns: size.columns, style: terminal.style });
    screen.write(diff.draw(withFooter(lines, size.rows, terminal), size));
  };
  const show = (next: GpuView): void => {
    view = next;
    samples = [...samples, ...samplesOf(next)].filter(({ at }) => at >= host.now() - spanMs);
    redraw();
  };
  return holdScreen(host, screen, { press: (bytes) => !isLeaving(bytes), redraw }, (ended) =>
    readOn(connection, ended, show),
  );
}
