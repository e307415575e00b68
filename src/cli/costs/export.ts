import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { LedgerRow } from "../../core/ledger.ts";
import { LEDGER_CSV_HEADER, ledgerCsvRecord } from "../../core/ledger-csv.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatPlural } from "../../terminal/format.ts";
import { failureProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { defineCommand } from "../command.ts";
import { streamRows } from "../ledger-rows.ts";
import { rowFlags, rowFlagsProblem, rowQuery } from "../row-flags.ts";
import { daemonFlags } from "../shared-flags.ts";

/** How rows are written: what comes first, each row from its line of JSON, what comes between and last. */
interface Format {
  readonly start: string;
  readonly row: (line: string) => string;
  readonly between: string;
  readonly end: string;
}

const FORMATS = {
  // Our own rows, as the store wrote them.
  csv: {
    start: LEDGER_CSV_HEADER,
    row: (line) => ledgerCsvRecord(JSON.parse(line) as LedgerRow),
    between: "",
    end: "",
  },
  json: { start: "[\n", row: (line) => line, between: ",\n", end: "\n]\n" },
  ndjson: { start: "", row: (line) => `${line}\n`, between: "", end: "" },
} as const satisfies Readonly<Record<string, Format>>;

/** Where an export goes: text by text, waiting for what was written before. */
interface Outlet {
  write(text: string): Promise<void>;
  end(): Promise<void>;
}

/** A file of the caller's alone: what it tells of is nobody else's business. Rejects where it cannot be written. */
async function fileOutlet(path: string): Promise<Outlet> {
  const stream = createWriteStream(path, { mode: 0o600 });
  await once(stream, "open");
  return {
    async write(text) {
      if (!stream.write(text)) await once(stream, "drain");
    },
    async end() {
      stream.end();
      await finished(stream);
    },
  };
}

function terminalOutlet(terminal: Terminal): Outlet {
  return {
    async write(text) {
      terminal.write(text);
      await terminal.drained();
    },
    end: () => terminal.drained(),
  };
}

/** Lines of NDJSON in, rows of a format out; `count` rows have passed. */
function createConverter(format: Format): { convert(text: string): string; readonly count: number } {
  let rest = "";
  let count = 0;
  return {
    convert(text) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      let written = "";
      for (const line of lines) {
        written += (count === 0 ? "" : format.between) + format.row(line);
        count += 1;
      }
      return written;
    },
    get count() {
      return count;
    },
  };
}

function notWritten(path: string, error: unknown) {
  const message = error instanceof Error ? error.message : String(error);
  const fix = "name a file in a folder of yours with --out, or leave it out for stdout";
  return failureProblem("file_not_written", `${plainText(path)} cannot be written: ${message}`, fix);
}

export const command = defineCommand({
  meta: {
    name: "export",
    description: "Every ledger row that matches as CSV, JSON or NDJSON, newest first",
    examples: [
      ["lodestar costs export --format csv --from 2026-10-01 --to 2026-10-31 --out october.csv", "for a spreadsheet"],
      ["lodestar costs export --format ndjson | jq .costNanoUsd", "for a script"],
    ],
    notes: [
      "CSV is that of RFC 4180 with money in exact dollars; texts that a spreadsheet would run as a formula get an apostrophe before them. JSON has the rows of `costs query`.",
    ],
  },
  args: {
    format: { type: "enum", options: ["csv", "json", "ndjson"], default: "csv", description: "how it is written" },
    out: { type: "string", alias: "o", valueHint: "FILE", description: "write to this file instead of stdout" },
    ...rowFlags,
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const problem = rowFlagsProblem(args);
    if (problem !== null) return problem;
    const format = FORMATS[args.format];
    const converter = createConverter(format);
    try {
      const outlet = args.out === undefined ? terminalOutlet(terminal) : await fileOutlet(args.out);
      await outlet.write(format.start);
      const sent = await streamRows({ ...rest, terminal }, args, rowQuery(args), async (text) =>
        outlet.write(converter.convert(text)),
      );
      if (!sent.ok) return sent.error;
      await outlet.write(format.end);
      await outlet.end();
    } catch (error) {
      if (args.out === undefined || !(error instanceof Error && "code" in error)) throw error;
      return notWritten(args.out, error);
    }
    if (args.out !== undefined) terminal.talk(`wrote ${plainText(args.out)}: ${formatPlural(converter.count, "row")}`);
    return EXIT_CODES.ok;
  },
});
