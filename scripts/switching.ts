import { compareSessions, replayTable, SIXTEENTH, WHOLE } from "../test/real/agent-replay.ts";
import { NO_OLLAMA_REASON } from "../test/real/engines.ts";
import { latencyTable, measureLatency } from "../test/real/latency.ts";
import { compareSwitching, switchingTable } from "../test/real/switching.ts";
import { ROOT } from "./step.ts";

const PAGE = `${ROOT}docs/local-models.md`;

/** The page with a table between its marks; an error where it has no such marks. */
function withTable(page: string, name: string, table: string): string {
  const marks = [`<!-- ${name}: by scripts/switching.ts -->`, `<!-- /${name} -->`] as const;
  const [begin, end] = [page.indexOf(marks[0]), page.indexOf(marks[1])];
  if (begin < 0 || end < begin) throw new Error(`${PAGE} lacks the lines ${marks.join(" and ")}`);
  return `${page.slice(0, begin)}${marks[0]}\n\n${table}\n\n${page.slice(end)}`;
}

/** How often the alternating requests are sent: the middle is told, and the range of loads. */
const ROUNDS = 3;

/** What is measured, by the names of the tables in the page. */
const TABLES: Readonly<Record<string, () => Promise<string>>> = {
  latency: async () => latencyTable(await measureLatency()),
  session: async () => replayTable(await compareSessions(process.argv.includes("--short") ? SIXTEENTH : WHOLE)),
  switching: async () => switchingTable(await compareSwitching(ROUNDS)),
};

/**
 * `bun run switching [latency] [session] [switching] [--short]`: real Ollamas that hold one of two tiny models, without
 * Lodestar and with it, in one run: times to the first token, a coding agent's session (with `--short` a sixteenth of its text),
 * and twenty requests that alternate between the models, thrice. Writes the tables into `docs/local-models.md`. Needs the engine of
 * `LODESTAR_TEST_ENGINES`.
 */
async function writeSwitching(): Promise<number> {
  if (NO_OLLAMA_REASON !== "") {
    console.error(NO_OLLAMA_REASON);
    return 1;
  }
  const named = Object.keys(TABLES).filter((name) => process.argv.includes(name));
  for (const [name, measure] of Object.entries(TABLES)) {
    if (named.length > 0 && !named.includes(name)) continue;
    const table = await measure();
    console.log(`${table}\n`);
    await Bun.write(PAGE, withTable(await Bun.file(PAGE).text(), name, table));
  }
  return 0;
}

process.exitCode = await writeSwitching();
