import { usageProblem } from "../../terminal/problem.ts";
import { defineCommand } from "../command.ts";
import { jsonFlag } from "../shared-flags.ts";
import { evaluateRecorded } from "./bars.ts";
import { evaluateFiles } from "./own-data.ts";

/** `lodestar eval routing`: every figure that the data allows, or the same figures for a user's own rows. */
export const command = defineCommand({
  meta: {
    name: "routing",
    description: "What routing saves at which quality, with intervals and controls",
    examples: [
      [
        "lodestar eval routing --train a.ndjson --test b.ndjson --json",
        "learn from one file of your own, test on the other",
      ],
      ["lodestar eval routing --data ../shared/data", "every figure that the recorded data allows; minutes"],
      ["lodestar eval routing --only bandit,gsm8k", "some of them"],
      ["lodestar eval routing --only decision", "how long a decision takes on this machine; needs no data"],
    ],
    notes: [
      'A row of your own is {"prompt": text, "scores": {"model": 0 to 1}, "costs": {"model": usd}}. Where costs are absent, --prices says what to assume. Thresholds are chosen on the training rows only.',
      "Without files of your own, the exit code is 1 where a figure is worse than the one this version shipped with.",
    ],
  },
  args: {
    train: { type: "string", valueHint: "FILE", description: "rows to learn from (NDJSON)" },
    test: { type: "string", valueHint: "FILE", description: "rows to test on" },
    prices: {
      type: "string",
      valueHint: "FILE",
      description: "USD per million tokens by model, for rows without costs",
    },
    seed: { type: "string", value: "integer", default: "1", description: "decides folds and trees" },
    data: { type: "string", valueHint: "DIR", env: "LODESTAR_TEST_DATA", description: "where the recorded data is" },
    only: { type: "string", valueHint: "NAMES", description: "groups of figures, by commas" },
    write: {
      type: "string",
      valueHint: "DIR",
      description: "write the page and the shipped figures into this checkout",
    },
    ...jsonFlag,
  },
  run({ args, terminal }) {
    const { train, test, prices, data, only, write, json, seed } = args;
    if (train === undefined && test === undefined) {
      if (prices !== undefined)
        return Promise.resolve(usageProblem("flags_conflict", "--prices needs --train and --test", "give both files"));
      return evaluateRecorded({ data, only, write, json }, terminal);
    }
    if (train === undefined || test === undefined) {
      const absent = train === undefined ? "--train" : "--test";
      return Promise.resolve(usageProblem("flag_missing", `${absent} is missing`, "give both --train and --test"));
    }
    if (only !== undefined || write !== undefined) {
      const message = "--only and --write are about the recorded data, not about your own rows";
      return Promise.resolve(usageProblem("flags_conflict", message, "leave them out"));
    }
    return evaluateFiles({ train, test, prices, seed, json }, terminal);
  },
});
