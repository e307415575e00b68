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

/**
 * `bun run switching`: twenty requests that alternate between two tiny models, sent to a real Ollama that holds one of them,
 * without Lodestar and with it, in one run, and the times to the first token (`--latency`: these alone). Writes the tables
 * into `docs/local-models.md`. Needs the engine of `LODESTAR_TEST_ENGINES`.
 */
async function writeSwitching(): Promise<number> {
  if (NO_OLLAMA_REASON !== "") {
    console.error(NO_OLLAMA_REASON);
    return 1;
  }
  const latency = latencyTable(await measureLatency());
  console.log(latency);
  const switching = process.argv.includes("--latency") ? null : switchingTable(await compareSwitching());
  if (switching !== null) console.log(switching);
  const page = withTable(await Bun.file(PAGE).text(), "latency", latency);
  await Bun.write(PAGE, switching === null ? page : withTable(page, "switching", switching));
  return 0;
}

process.exitCode = await writeSwitching();
