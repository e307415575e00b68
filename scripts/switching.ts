import { NO_OLLAMA_REASON } from "../test/real/engines.ts";
import { compareSwitching, switchingTable } from "../test/real/switching.ts";
import { ROOT } from "./step.ts";

const PAGE = `${ROOT}docs/local-models.md`;
const MARKS = ["<!-- switching: by scripts/switching.ts -->", "<!-- /switching -->"] as const;

/**
 * `bun run switching`: twenty requests that alternate between two tiny models, sent to a real Ollama that holds one of them,
 * without Lodestar and with it, in one run. Writes the table into `docs/local-models.md`. Needs the engine of
 * `LODESTAR_TEST_ENGINES`.
 */
async function writeSwitching(): Promise<number> {
  if (NO_OLLAMA_REASON !== "") {
    console.error(NO_OLLAMA_REASON);
    return 1;
  }
  const table = switchingTable(await compareSwitching());
  console.log(table);
  const page = await Bun.file(PAGE).text();
  const [begin, end] = MARKS.map((mark) => page.indexOf(mark));
  if (begin === undefined || end === undefined || begin < 0 || end < begin) {
    console.error(`${PAGE} lacks the lines ${MARKS.join(" and ")}`);
    return 1;
  }
  await Bun.write(PAGE, `${page.slice(0, begin)}${MARKS[0]}\n\n${table}\n\n${page.slice(end)}`);
  return 0;
}

process.exitCode = await writeSwitching();
