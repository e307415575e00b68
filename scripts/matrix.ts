import type { Cell } from "../test/dialects/matrix-cells.ts";
import { INBOUND } from "../test/dialects/matrix-codec.ts";
import { cutEverywhere, cutForClients, isSameBytewise } from "../test/dialects/matrix-cuts.ts";
import {
  allBodyCells,
  allStreamCells,
  exceptionsOf,
  shareOf,
  surprisesOf,
  tableOf,
} from "../test/dialects/matrix-report.ts";
import { UPSTREAMS } from "../test/dialects/matrix-upstreams.ts";
import { dataRoot } from "../test/dialects/recordings.ts";
import { ROOT } from "./step.ts";

const REPORT = "docs/matrix.md";
const LEAST_SHARE = 0.99;

const INTRODUCTION = `# The matrix of dialects

Every recorded answer of real providers, told to a client of every dialect. A cell holds when the official SDK of the
client's dialect accepts the answer, and its text, the names and arguments of its tool calls, its stop reason and its
usage are those of the recording, with the cost beside them. What a recording says is read by an oracle that knows
nothing of the codecs. Ollama's rows are answers of a real Ollama 0.24 to tiny models: text, a length limit, Unicode, a
JSON schema, one and two tool calls, thinking. \`bun run matrix\` makes this page; it refuses to
where fewer than 99 of 100 cells hold.`;

const LEFT_OUT = `## Left out

- Bedrock's Converse, Google's Interactions and Live, Cohere's v2 chat, OpenAI's older text completions: formats that no chat
  of a provider here is asked in (Cohere is asked at its OpenAI-compatible address).
- Audio, images, rerankings, embeddings and skills: no chat.
- Replies that are a failure of the provider, and one recording of lines without their braces: tests of their own read them.
- Eight recordings are several answers behind one another: each is split, and its answers count apart.`;

interface Section {
  readonly title: string;
  readonly cells: readonly Cell[];
}

function describeSection({ title, cells }: Section): string {
  const exceptions = exceptionsOf(cells).map((line) => `- ${line}`);
  const held = cells.length - exceptions.length;
  const total = `${held} of ${cells.length} cells hold (${(shareOf(cells) * 100).toFixed(2)} %).`;
  return [
    `## ${title}`,
    total,
    tableOf(cells),
    ...(exceptions.length > 0 ? [`The others:\n\n${exceptions.join("\n")}`] : []),
  ].join("\n\n");
}

interface Broken {
  readonly text: string;
  readonly problems: readonly string[];
}

/** Streams that arrive byte by byte, and streams that break off. */
async function brokenStreams(): Promise<Broken> {
  const different = UPSTREAMS.filter((upstream) => !isSameBytewise(upstream)).map(({ recording }) => recording.file);
  const everywhere = UPSTREAMS.map(cutEverywhere);
  const forClients = await Promise.all(UPSTREAMS.map((upstream, seed) => cutForClients(upstream, seed)));
  const wrong = everywhere.flatMap((cut) => cut.wrong);
  const accepted = forClients.flatMap((cut) => cut.accepted);
  const faults = everywhere.reduce((sum, cut) => sum + cut.faults, 0);
  const cuts = forClients.reduce((sum, cut) => sum + cut.cuts, 0);
  const rows = [
    ["Fed byte by byte: the same parts", UPSTREAMS.length - different.length, UPSTREAMS.length],
    [
      `Cut after every event: the dialect's error ends it, in ${INBOUND.length} dialects`,
      faults * INBOUND.length - wrong.length,
      faults * INBOUND.length,
    ],
    ["Cut at five places: the official SDK throws", cuts - accepted.length, cuts],
  ];
  const table = ["| what | holds | of |", "| --- | --- | --- |", ...rows.map((row) => `| ${row.join(" | ")} |`)];
  return {
    text: ["## Split and truncated streams", table.join("\n")].join("\n\n"),
    problems: [...different, ...wrong, ...accepted],
  };
}

/** `bun run matrix`: prints the matrix and writes `docs/matrix.md`; fails, and writes nothing, below the bar. */
async function matrix(): Promise<number> {
  if (dataRoot() === undefined) {
    console.error("There is no recorded data here: set LODESTAR_TEST_DATA to the folder that holds `data/`.");
    return 1;
  }
  const sections: readonly Section[] = [
    { title: "Streams", cells: await allStreamCells() },
    { title: "Whole answers", cells: await allBodyCells() },
  ];
  const broken = await brokenStreams();
  const page = `${[INTRODUCTION, ...sections.map(describeSection), broken.text, LEFT_OUT].join("\n\n")}\n`;
  console.log(page);
  const surprises = [...sections.flatMap(({ cells }) => surprisesOf(cells)), ...broken.problems];
  const isBelow = sections.some(({ cells }) => shareOf(cells) < LEAST_SHARE);
  if (isBelow || surprises.length > 0) {
    console.error(["Refused: not as good as it was.", ...surprises].join("\n  "));
    return 1;
  }
  await Bun.write(`${ROOT}${REPORT}`, page);
  console.log(`wrote ${REPORT}`);
  return 0;
}

process.exitCode = await matrix();
