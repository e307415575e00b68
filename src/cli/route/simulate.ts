import { readFileSync } from "node:fs";
import { failure, type Result, success } from "../../core/result.ts";
import type { RouteSimulateView } from "../../core/route-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatPlural } from "../../terminal/format.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { renderFacts } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { sinceFlag, sinceOf, sinceProblem } from "./since.ts";
import { replayFacts } from "./words.ts";

interface Wish {
  readonly dial?: number;
  readonly floor?: number;
  readonly rules?: string;
}

interface WishArgs {
  readonly dial: number | undefined;
  readonly floor: string | undefined;
  readonly rules: string | undefined;
}

function readRules(path: string): Result<string, CliProblem> {
  try {
    return success(readFileSync(path, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failure(failureProblem("file_unreadable", `${path} cannot be read: ${reason}`, "name a YAML file of rules"));
  }
}

function wishOf({ dial, floor, rules }: WishArgs): Result<Wish, CliProblem> {
  if (dial !== undefined && (dial < 0 || dial > 10))
    return failure(usageProblem("bad_value", `--dial ${dial} is not from 0 to 10`, "--dial 8"));
  const least = floor === undefined ? undefined : Number(floor);
  if (least !== undefined && !(least >= 0 && least <= 1))
    return failure(usageProblem("bad_value", `--floor ${floor} is not from 0 to 1`, "--floor 0.7"));
  const text = rules === undefined ? null : readRules(rules);
  if (text !== null && !text.ok) return text;
  return success({
    ...(dial === undefined ? {} : { dial }),
    ...(least === undefined ? {} : { floor: least }),
    ...(text === null ? {} : { rules: text.value }),
  });
}

function policyWords({ dial, floors, rules }: RouteSimulateView): string {
  const { default: floor } = floors;
  const least = floor === undefined ? `dial ${dial}` : `floor ${floor}`;
  return rules === 0 ? least : `${least}, ${formatPlural(rules, "rule")}`;
}

export const command = defineCommand({
  meta: {
    name: "simulate",
    description: "Try another dial, floor or set of rules on past requests",
    examples: [
      ["lodestar route simulate --dial 8", "cheaper, over the last seven days"],
      ["lodestar route simulate --floor 0.8 --since 30d", "no less than this quality"],
      ["lodestar route simulate --rules rules.yaml --json", "other rules than those of the configuration"],
    ],
    notes: [
      "It replays signals that were kept, no prompt: rules on paths, headers, tools, keys and projects match nothing there.",
      "Each request is taken by itself: what another choice would have changed in the rest of its conversation is not seen.",
    ],
  },
  args: {
    dial: { type: "string", value: "integer", valueHint: "0-10", description: "0 buys quality, 10 saves" },
    floor: { type: "string", valueHint: "SHARE", description: "least expected quality, 0 to 1; wins over the dial" },
    rules: { type: "string", valueHint: "FILE", description: "YAML with other rules" },
    ...sinceFlag,
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const since = sinceOf(args.since, host.now());
    if (since === null) return sinceProblem(args.since);
    const wish = wishOf(args);
    if (!wish.ok) return wish.error;
    const body = JSON.stringify({ since, ...wish.value });
    const init = { method: "POST", body, headers: { "content-type": "application/json" } };
    const view = await fetchView<RouteSimulateView>(host, args, "read", "/v1/route/simulate", init);
    if (!view.ok) return view.error;
    const { terminal } = host;
    if (args.json) terminal.out(JSON.stringify(view.value));
    else
      for (const line of renderFacts(
        replayFacts(view.value.replay, "as asked", policyWords(view.value)),
        terminal.style,
      ))
        terminal.out(line);
    return EXIT_CODES.ok;
  },
});
