import type { BenchFigure, BenchView } from "../../core/local-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatCount, formatDuration } from "../../terminal/format.ts";
import { failureProblem } from "../../terminal/problem.ts";
import { renderFacts } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { defineCommand } from "../command.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { modelFlag, providerFlag } from "./flags.ts";
import { runLong } from "./stream.ts";

function figure({ n, median, least, most }: BenchFigure, words: (value: number) => string): string {
  return `${words(median)} (${words(least)} to ${words(most)}, n = ${n})`;
}

function speed(tokensPerSecond: number): string {
  return `${tokensPerSecond.toFixed(tokensPerSecond < 100 ? 1 : 0)} tok/s`;
}

function showBench(terminal: Terminal, bench: BenchView): void {
  const { coldLoadMs, warmLoadMs, prefill, decode, promptTokens } = bench;
  const unmeasured = "not measured: its file cannot be dropped from the page cache here";
  const facts = [
    ["model", `${bench.model} at a context of ${formatCount(bench.contextTokens)}`],
    ["load from disk", coldLoadMs === null ? unmeasured : figure(coldLoadMs, formatDuration)],
    ["load from the page cache", figure(warmLoadMs, formatDuration)],
    [`read a prompt of ${formatCount(promptTokens)}`, figure(prefill, speed)],
    ["write", figure(decode, speed)],
  ] as const;
  for (const line of renderFacts(facts, terminal.style)) terminal.out(line);
}

export const command = defineCommand({
  meta: {
    name: "bench",
    description: "Measure a model here: loading cold and warm, reading, writing",
    examples: [["lodestar local bench qwen2.5-coder:1.5b --runs 5", "medians, with the least and the most"]],
    notes: ["It unloads and loads the model in each run: requests that come meanwhile wait."],
  },
  args: {
    ...modelFlag,
    runs: { type: "string", value: "integer", valueHint: "N", description: "how often, 1 to 20 (default 3)" },
    ...providerFlag,
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const { model, provider = null, runs = 3, json } = args;
    const body = { model, provider, runs };
    const done = await runLong(host, args, { path: "/v1/local/bench", body, what: model, isJson: json });
    if (!done.ok) return done.error;
    if (done.value === null) return failureProblem("no_result", "the bench ended without a result");
    if (!json) showBench(host.terminal, done.value);
    return EXIT_CODES.ok;
  },
});
