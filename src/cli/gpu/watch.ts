import type { GpuView } from "../../core/gpu/gpu.ts";
import { type GpuHistoryView, type GpuSample, samplesOf } from "../../core/gpu/history.ts";
import { pause } from "../../features/counter/pause.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import type { ScreenSize } from "../../terminal/screen-diff.ts";
import type { CliHost, Outcome } from "../command.ts";
import { type Connection, readView } from "../connection.ts";
import { showLive, withFooter } from "../live-screen.ts";
import { gpuScreen } from "./view.ts";

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
  const spanMs = host.now() - past.from;
  let samples: readonly GpuSample[] = past.samples;
  let view: GpuView | null = null;
  const screenOf = ({ columns, rows }: ScreenSize): readonly string[] | null => {
    if (view === null) return null;
    const to = host.now();
    const lines = gpuScreen(view, { from: to - spanMs, to, samples }, { columns, style: terminal.style });
    return withFooter(lines, rows, terminal);
  };
  return showLive(host, { screenOf }, (ended, redraw) =>
    readOn(connection, ended, (next) => {
      view = next;
      samples = [...samples, ...samplesOf(next)].filter(({ at }) => at >= host.now() - spanMs);
      redraw();
    }),
  );
}
