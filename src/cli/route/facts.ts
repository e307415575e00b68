import { readGivenFacts } from "../../config/given-facts.ts";
import { failure, type Result } from "../../core/result.ts";
import type { GivenFacts } from "../../core/routing/rules/given-facts.ts";
import { type CliProblem, usageProblem } from "../../terminal/problem.ts";
import { type Flags, type FlagValues, kebabCase } from "../command.ts";

/** Facts of a request by flags. */
export const factFlags = {
  requested: { type: "string", valueHint: "NAME", description: "name that the client asks for (default auto)" },
  prompt: { type: "string", valueHint: "TEXT", description: "what the person says: class, languages and files follow" },
  task: { type: "string", valueHint: "CLASS", description: "class of the task" },
  project: { type: "string", valueHint: "NAME", description: "project it counts for (default: this folder's)" },
  key: { type: "string", valueHint: "NAME", description: "name of the client key" },
  tag: { type: "string", valueHint: "TAG", description: "tag" },
  client: { type: "string", valueHint: "NAME", description: "client program" },
  header: { type: "string", valueHint: "NAME=VALUE", isRepeatable: true, description: "header of the request" },
  at: { type: "string", valueHint: "TIME", description: "when, such as 2026-11-27T23:00 (default now)" },
  turn: { type: "string", valueHint: "KIND", description: "what comes last: user, tool-result or housekeeping" },
  plan: { type: "boolean", description: "the agent is in its plan mode" },
  tokens: { type: "string", value: "integer", valueHint: "N", description: "tokens of the prompt" },
  images: { type: "string", value: "integer", valueHint: "N", description: "number of images" },
  language: { type: "string", valueHint: "NAME", isRepeatable: true, description: "language of code in it" },
  path: { type: "string", valueHint: "PATH", isRepeatable: true, description: "file that it mentions" },
  tool: { type: "string", valueHint: "NAME", isRepeatable: true, description: "tool that it brings" },
  budgetLeft: { type: "string", valueHint: "N%|USD", description: "what the tightest budget has left" },
  loaded: { type: "string", valueHint: "MODEL", isRepeatable: true, description: "local model in memory" },
  health: {
    type: "string",
    valueHint: "NAME=WORD",
    isRepeatable: true,
    description: "ok, degraded or down (default ok)",
  },
  conversation: { type: "string", valueHint: "TEXT", description: "what keeps the conversation apart, for splits" },
} as const satisfies Flags;

/** The parsed values of {@link factFlags}. */
export type FactArgs = Partial<FlagValues<typeof factFlags>>;

function pairsOf(flag: string, texts: readonly string[] | undefined): Result<object | undefined, CliProblem> {
  if (texts === undefined || texts.length === 0) return { ok: true, value: undefined };
  const wrong = texts.find((text) => text.indexOf("=") < 1);
  if (wrong !== undefined) {
    return failure(usageProblem("bad_value", `--${flag} must be NAME=VALUE, not "${wrong}"`));
  }
  const pairs = texts.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]);
  return { ok: true, value: Object.fromEntries(pairs) };
}

function filled(list: readonly string[] | undefined): readonly string[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

/** The facts that flags state; times without an offset are of this time zone. An empty object where none is stated. */
export function factsFromFlags(args: FactArgs, timeZone: string): Result<GivenFacts, CliProblem> {
  const header = pairsOf("header", args.header);
  if (!header.ok) return header;
  const health = pairsOf("health", args.health);
  if (!health.ok) return health;
  const { requested, prompt, task, project, key, tag, client, at, turn, tokens, images, budgetLeft, conversation } =
    args;
  const stated = {
    ...{ requested, prompt, task, project, key, tag, client, at, turn, tokens, images, budgetLeft, conversation },
    plan: args.plan === true ? true : undefined,
    header: header.value,
    health: health.value,
    languages: filled(args.language),
    paths: filled(args.path),
    tools: filled(args.tool),
    loaded: filled(args.loaded),
  };
  const read = readGivenFacts(stated, timeZone);
  if (read.ok) return read;
  const { path, message, fix } = read.error;
  const flag = kebabCase(path.split(/[.[]/)[0] ?? path).replace(/^(language|path|tool)s$/, "$1");
  return failure(usageProblem("bad_value", `--${flag} ${message}`, fix));
}
