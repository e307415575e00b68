import { type CliProblem, usageProblem } from "../../terminal/problem.ts";
import type { Flags, FlagValues } from "../command.ts";
import { projectFlag } from "../project/here.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";

/** The flags of `lodestar diff`. */
export const diffFlags = {
  what: {
    type: "positional",
    isRepeatable: true,
    restName: "PATHS",
    description: "a revision, A..B, two files, or - for a patch on standard input; nothing is the work tree",
  },
  cached: { type: "boolean", alias: "staged", description: "what is in the index instead of the work tree" },
  sideBySide: { type: "boolean", alias: "s", description: "before on the left, after on the right" },
  word: { type: "boolean", alias: "w", description: "both versions of a changed line in one" },
  filter: { type: "boolean", description: "one line for each line of the patch, for git's interactive.diffFilter" },
  color: {
    type: "enum",
    options: ["auto", "always", "never"],
    bare: "always",
    description: "when to colour; given at all, a patch is shown even where it is piped",
  },
  width: { type: "string", value: "integer", valueHint: "COLUMNS", description: "columns to use" },
  noPager: { type: "boolean", description: "straight to the terminal" },
  sarif: { type: "boolean", description: "SARIF 2.1.0 for code scanning" },
  github: { type: "boolean", description: "annotations for a GitHub workflow" },
  exitCode: { type: "boolean", description: "exit with 1 where there are changes, as git diff does" },
  riskThreshold: {
    type: "string",
    value: "integer",
    valueHint: "RISK",
    description: "exit with 1 where a hunk has at least this risk (0 to 100)",
  },
  noAi: { type: "boolean", description: "ask no model, whatever the environment says" },
  ai: {
    type: "string",
    bare: "auto",
    valueHint: "MODEL",
    env: "LODESTAR_DIFF_MODEL",
    description: "let a model add notes to risky hunks (auto where none is named)",
  },
  budget: { type: "string", valueHint: "USD", description: "at most so much for the notes of this run" },
  ...jsonFlag,
  ...projectFlag,
  ...daemonFlags,
} as const satisfies Flags;

/** Their values. */
export type DiffArgs = FlagValues<typeof diffFlags>;

const LEAST_WIDTH = 20;

function exclusive(names: readonly (readonly [flag: string, isGiven: boolean])[]): CliProblem | null {
  const given = names.filter(([, isGiven]) => isGiven).map(([flag]) => flag);
  const [first, second] = given;
  if (second === undefined) return null;
  return usageProblem("flags_conflict", `${first} and ${second} exclude each other`, "give one of them");
}

/** What is wrong with a command line, if anything. */
export function flagsProblem(args: DiffArgs): CliProblem | null {
  const { filter, json, sarif, github, sideBySide, word, riskThreshold, width, budget } = args;
  const outputs = [
    ["--filter", filter],
    ["--json", json],
    ["--sarif", sarif],
    ["--github", github],
  ] as const;
  const layouts = [
    ["--side-by-side", sideBySide],
    ["--word", word],
  ] as const;
  const conflict = exclusive(outputs) ?? exclusive(layouts);
  if (conflict !== null) return conflict;
  if (riskThreshold !== undefined && (riskThreshold < 0 || riskThreshold > 100)) {
    return usageProblem("bad_value", "--risk-threshold must be from 0 to 100");
  }
  if (width !== undefined && width < LEAST_WIDTH) {
    return usageProblem("bad_value", `--width must be at least ${LEAST_WIDTH}`);
  }
  if (budget !== undefined && !/^\d{1,9}(\.\d{1,9})?$/.test(budget)) {
    return usageProblem("bad_value", "--budget must be an amount of US dollars such as 0.25");
  }
  return null;
}
