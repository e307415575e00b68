import { annotateStream, createTally, rulesAlone, type Tally } from "../features/diff/annotated.ts";
import { filterPatch } from "../features/diff/filter.ts";
import { type DiffWish, openSource, type PatchSource, wishOf } from "../features/diff/source.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import type { Source, Terminal } from "../terminal/terminal.ts";
import { type CliHost, defineCommand, type Outcome } from "./command.ts";
import { type DiffArgs, diffFlags, flagsProblem } from "./diff/flags.ts";
import { tellPrograms } from "./diff/machine.ts";
import { openReview, rulesOnly } from "./diff/review.ts";
import { showPatch, viewOf } from "./diff/show.ts";
import { verdictOf } from "./diff/verdict.ts";

async function* inputBytes(stdin: Source): AsyncGenerator<Uint8Array> {
  if (stdin.bytes === undefined) yield new TextEncoder().encode(await stdin.readAll());
  else yield* stdin.bytes();
}

/** Bytes that are written on their way. */
async function* passOn(bytes: AsyncIterable<Uint8Array>, terminal: Terminal): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    terminal.writeBytes(chunk);
    await terminal.drained();
    yield chunk;
  }
}

/** Who gets the patch: a program, a person that looks on or said how to show it, or whatever stands behind the pipe. */
function audienceOf(args: DiffArgs, { terminal, environment }: CliHost, wish: DiffWish): "program" | "person" | "pipe" {
  if (args.json || args.sarif || args.github) return "program";
  const isForPager = wish.kind === "external" && environment.GIT_PAGER_IN_USE === "true";
  const isModelNamed = args.ai !== undefined && args.ai !== environment.LODESTAR_DIFF_MODEL;
  const isChosen = [args.color, args.width].some((given) => given !== undefined) || args.sideBySide || args.word;
  return terminal.isOutTty || isForPager || isChosen || isModelNamed ? "person" : "pipe";
}

async function runFilter(args: DiffArgs, host: CliHost): Promise<Outcome> {
  const { terminal, stdin } = host;
  const view = viewOf(args, host, true);
  for await (const line of filterPatch(inputBytes(stdin), view)) terminal.writeBytes(line);
  await terminal.drained();
  return EXIT_CODES.ok;
}

async function pass(source: PatchSource, args: DiffArgs, tally: Tally, terminal: Terminal): Promise<void> {
  const passed = passOn(source.bytes, terminal);
  const isJudged = args.exitCode || args.riskThreshold !== undefined;
  for await (const _ of isJudged ? annotateStream(passed, rulesAlone, tally) : passed);
}

async function runDiff(args: DiffArgs, host: CliHost, wish: DiffWish, source: PatchSource): Promise<Outcome> {
  const { terminal } = host;
  const tally = createTally();
  const audience = audienceOf(args, host, wish);
  const opened = audience === "pipe" ? rulesOnly() : await openReview(args, host);
  const { review, facts, footer } = opened;
  try {
    if (audience === "program") {
      const problem = await tellPrograms(source, args, host, { review, tally, facts });
      if (problem !== null) return problem;
      if (args.ai !== undefined) terminal.talk(footer());
    } else if (audience === "person") {
      const isExternal = wish.kind === "external";
      const end = (): string => (tally.hunks === 0 || isExternal ? "" : footer());
      await showPatch(source.bytes, viewOf(args, host, isExternal), args, host, { review, tally, footer: end });
    } else await pass(source, args, tally, terminal);
    const problem = await source.problem();
    if (problem !== null) return problem;
    const verdict = verdictOf(tally, args, terminal);
    return verdict === EXIT_CODES.ok && opened.isBudgetSpent() ? EXIT_CODES.budget : verdict;
  } finally {
    source.stop();
    await opened.close();
  }
}

export const command = defineCommand({
  meta: {
    name: "diff",
    description: "Changes with words and risks marked: work tree, revisions, files, or a patch that is piped in",
    group: "Ask",
    examples: [
      ["lodestar diff", "the work tree, as git diff"],
      ["lodestar diff main...HEAD --side-by-side", "a branch, before on the left, after on the right"],
      ["git config --global core.pager 'lodestar diff'", "git shows every patch through it"],
      ["git config --global interactive.diffFilter 'lodestar diff --filter'", "git add -p too"],
      ["lodestar diff origin/main...HEAD --github --risk-threshold 70", "annotations, and a build that fails"],
    ],
    notes: [
      "Where the output is piped and no flag says how to show it, the patch passes byte for byte.",
      "Each hunk is given an intent, a risk from 0 to 100 and the reasons, by rules that need no model. With --ai a model adds notes on risky hunks: each cites a line that is there and was looked at twice; secrets are not sent; the second run on the same hunks asks nobody.",
    ],
  },
  args: diffFlags,
  async run({ args, rest, ...host }) {
    const problem = flagsProblem(args);
    if (problem !== null) return problem;
    if (args.filter) return runFilter(args, host);
    const { environment, stdin } = host;
    const place = { cwd: process.cwd(), environment };
    const words = { words: args.what, paths: rest, isCached: args.cached, isPiped: stdin.isPiped ?? false };
    const wish = wishOf(words, place);
    const source = await openSource(wish, place, () => inputBytes(stdin));
    if (!source.ok) return source.error;
    return runDiff(args, host, wish, source.value);
  },
});
