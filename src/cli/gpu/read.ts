import { isAbsolute } from "node:path";
import { readGpuHere } from "../../features/gpu/read.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { usageProblem } from "../../terminal/problem.ts";
import { defineCommand } from "../command.ts";

const LEAST_INTERVAL_MS = 100;
const INTERVAL_MS = 1_000;

export const command = defineCommand({
  meta: {
    name: "read",
    description: "Read the cards in this process, a line of JSON each time, until the driver or Ctrl-C ends it",
    notes: [
      "The daemon runs this beside itself: a call into a driver that hangs never returns, and must not hold up requests.",
      "The library is loaded into this process. Name only one that you would also run.",
    ],
  },
  args: {
    interval: {
      type: "string",
      value: "duration",
      valueHint: "DURATION",
      description: "between readings (default 1s)",
    },
    library: {
      type: "string",
      valueHint: "PATH",
      description: "NVIDIA's management library, in place of the usual one",
    },
  },
  async run({ args, terminal, signal }) {
    const { interval = INTERVAL_MS, library } = args;
    if (library !== undefined && !isAbsolute(library)) {
      return usageProblem("bad_flag", `--library ${library} is no absolute path`, "name the file from / on");
    }
    const everyMs = Math.max(LEAST_INTERVAL_MS, interval);
    for await (const report of readGpuHere(library, everyMs, signal)) {
      terminal.out(JSON.stringify(report));
      await terminal.drained();
    }
    return EXIT_CODES.ok;
  },
});
