import type { PriceSource, PriceWish, UpdatedSource } from "../../core/price-view.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { PUBLISHED } from "../../features/prices/published.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatCount } from "../../terminal/format.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { type CliHost, defineCommand, type Outcome } from "../command.ts";
import { reloadDaemon } from "../provider/call.ts";
import { type DaemonArgs, daemonFlags, inputsOf, jsonFlag } from "../shared-flags.ts";

const TABLES = Object.keys(PUBLISHED) as readonly PriceSource[];

/** `genai-prices=FILE`: one source and where to read it. */
function wishOf(text: string): Result<PriceWish, CliProblem> {
  const [name = "", ...place] = text.split("=");
  const table = TABLES.find((known) => known === name);
  if (table !== undefined && place.join("=") !== "") return success({ table, place: place.join("=") });
  const message = `--from takes a source and its place: ${TABLES.map((known) => `${known}=URL|FILE`).join(" or ")}`;
  return failure(usageProblem("bad_price_source", `"${text}" names no price source`, message));
}

function wishesOf(from: readonly string[]): Result<readonly PriceWish[], CliProblem> {
  if (from.length === 0) return success(TABLES.map((table) => ({ table, place: PUBLISHED[table] })));
  const wishes: PriceWish[] = [];
  for (const text of from) {
    const wish = wishOf(text);
    if (!wish.ok) return wish;
    wishes.push(wish.value);
  }
  return success(wishes);
}

function show(sources: readonly UpdatedSource[], terminal: Terminal): void {
  for (const { table, place, date, models, added, removed, changed, warning } of sources) {
    const news = `${formatCount(changed)} changed, ${formatCount(added)} new, ${formatCount(removed)} gone`;
    terminal.out(`${table} of ${date}: ${formatCount(models)} priced models, ${news} (${place})`);
    if (warning !== null) terminal.talk(`${terminal.talkStyle.yellow("warning:")} ${table}: ${warning}`);
  }
}

async function undo(host: CliHost, args: DaemonArgs & { readonly json: boolean }): Promise<Outcome> {
  const undone = (await host.backend()).undoPrices(inputsOf(host, args));
  if (!undone.ok) return undone.error;
  if (!undone.value) {
    return failureProblem(
      "no_previous_prices",
      "there is no update of the prices to undo",
      "lodestar prices shows what is in use",
    );
  }
  const reloaded = await reloadDaemon(host, args);
  if (typeof reloaded === "object") return reloaded;
  if (args.json) host.terminal.out(JSON.stringify({ undone: true, reloaded: reloaded === "reloaded" }));
  else host.terminal.out("the prices before the last update are back; the same command again undoes this");
  return EXIT_CODES.ok;
}

export const command = defineCommand({
  meta: {
    name: "update",
    description: "Fetch the published price tables, check them, and use them from now on",
    examples: [
      ["lodestar prices update", "both, from where they are published"],
      ["lodestar prices update --from genai-prices=data.json", "from a file, without a network"],
      ["lodestar prices update --undo", "back to the prices before"],
    ],
    notes: [
      "A table with impossible numbers, or with less than half of the models in use, is refused and nothing changes.",
      "The bundled table of a later release wins over an older update. No proxy is used; fetch the file yourself behind one.",
    ],
  },
  args: {
    from: {
      type: "string",
      isRepeatable: true,
      valueHint: "SOURCE=URL|FILE",
      description: "only this source (genai-prices, models.dev), from there",
    },
    undo: { type: "boolean", description: "go back to the prices before the last update" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const { terminal } = host;
    if (args.undo) return undo(host, args);
    const wishes = wishesOf(args.from);
    if (!wishes.ok) return wishes.error;
    const spinner = startSpinner(terminal, "fetching prices");
    const updated = await (await host.backend()).updatePrices(inputsOf(host, args), wishes.value);
    spinner.stop();
    if (!updated.ok) return updated.error;
    const reloaded = await reloadDaemon(host, args);
    if (typeof reloaded === "object") return reloaded;
    const isReloaded = reloaded === "reloaded";
    if (args.json) terminal.out(JSON.stringify({ sources: updated.value, reloaded: isReloaded }));
    else show(updated.value, terminal);
    if (isReloaded) terminal.talk("the daemon uses them from now on");
    return EXIT_CODES.ok;
  },
});
