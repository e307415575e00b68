import type { GpuView } from "../core/gpu/gpu.ts";
import type { GpuHistoryView } from "../core/gpu/history.ts";
import type { Result } from "../core/result.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { type CliProblem, failureProblem } from "../terminal/problem.ts";
import { type CliHost, defineCommand, type Outcome } from "./command.ts";
import { type Connection, openAdmin, readView } from "./connection.ts";
import { driverFix } from "./doctor/gpu.ts";
import { gpuTable, pastLines } from "./gpu/view.ts";
import { watchGpu } from "./gpu/watch.ts";
import { canShowLive } from "./live-screen.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";

const SNAPSHOT_COLUMNS = 120;

function absent({ problem }: GpuView): CliProblem {
  const reason = problem ?? "the driver finds no card";
  return failureProblem("no_gpu", `no graphics card can be read: ${reason}`, driverFix(reason));
}

function readPast(connection: Connection, span: string): Promise<Result<GpuHistoryView, CliProblem>> {
  return readView<GpuHistoryView>(connection, `/v1/gpu/history?span=${span}`);
}

interface Wish {
  readonly json: boolean;
  readonly history: string | undefined;
}

async function showOnce(host: CliHost, connection: Connection, { json, history }: Wish): Promise<Outcome> {
  const { terminal } = host;
  const read = await readView<GpuView>(connection, "/v1/gpu");
  if (!read.ok) return read.error;
  const past = history === undefined ? null : await readPast(connection, history);
  if (past !== null && !past.ok) return past.error;
  if (json) {
    terminal.out(JSON.stringify(past === null ? read.value : { ...read.value, history: past.value }));
    return EXIT_CODES.ok;
  }
  if (read.value.gpus.length === 0) return absent(read.value);
  const columns = Number.isFinite(terminal.columns) ? terminal.columns : SNAPSHOT_COLUMNS;
  const look = { style: terminal.style, columns };
  for (const line of gpuTable(read.value, look)) terminal.out(line);
  if (past === null) return EXIT_CODES.ok;
  for (const card of read.value.gpus) {
    const lines = pastLines(card, { ...past.value, to: host.now() }, look);
    terminal.out(`\n${card.index}, the last ${history}${lines.length === 0 ? ": nothing was recorded" : ""}`);
    for (const line of lines) terminal.out(line);
  }
  return EXIT_CODES.ok;
}

export const command = defineCommand({
  meta: {
    name: "gpu",
    description: "What the graphics card does, and who holds its memory",
    group: "See",
    examples: [
      ["lodestar gpu --watch", "live, with the last ten minutes"],
      ["lodestar gpu --history 24h", "now and over the last day"],
      ["lodestar gpu --watch --json", "a line of JSON every second"],
    ],
    notes: [
      "`models` is what local model servers hold, `others` what everybody else does. What the driver does not tell is `?`, and null in JSON.",
      "A history is kept while a daemon runs: means of ten seconds for a day, of a minute for 90 days.",
    ],
  },
  args: {
    watch: { type: "boolean", alias: "w", description: "go on every second" },
    history: {
      type: "enum",
      options: ["10m", "1h", "24h", "7d", "90d"],
      description: "add what was recorded so far back",
    },
    ...jsonFlag,
    ...daemonFlags,
  },
  subCommands: { read: async () => (await import("./gpu/read.ts")).command },
  async run({ args, ...host }) {
    const opened = await openAdmin(host, args, "read");
    if (!opened.ok) return opened.error;
    const connection = opened.value;
    try {
      const isLive = args.watch && (args.json || canShowLive(host));
      if (!isLive) return await showOnce(host, connection, args);
      const past = await readPast(connection, args.history ?? "10m");
      return past.ok ? await watchGpu(host, connection, args.json, past.value) : past.error;
    } finally {
      await connection.close();
    }
  },
});
