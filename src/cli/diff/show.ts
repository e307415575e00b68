import { createAllowance } from "../../features/diff/allowance.ts";
import { annotateStream, type Reviewer, type Tally } from "../../features/diff/annotated.ts";
import { createHighlighter } from "../../features/diff/highlight.ts";
import { startPager } from "../../features/diff/pager.ts";
import { renderFile, renderText, type View } from "../../features/diff/render.ts";
import { coloursFor, type Terminal } from "../../terminal/terminal.ts";
import type { CliHost } from "../command.ts";
import type { DiffArgs } from "./flags.ts";

function isColoured({ color }: DiffArgs, isAutomatic: boolean): boolean {
  return color === "always" || (color !== "never" && isAutomatic);
}

/** How changes are shown, by flags and terminal. `isForPager` is a stdout that git reads for its own pager. */
export function viewOf(args: DiffArgs, { terminal, environment }: CliHost, isForPager: boolean): View {
  const isAutomatic = terminal.style.isColorSupported || (isForPager && (environment.NO_COLOR ?? "") === "");
  const hasColour = isColoured(args, isAutomatic);
  const told = Number(environment.COLUMNS ?? "");
  const known = Number.isSafeInteger(told) && told > 0 ? told : Number.POSITIVE_INFINITY;
  const columns = args.width ?? (Number.isFinite(terminal.columns) ? terminal.columns : known);
  const allowance = createAllowance(() => performance.now());
  const layout = args.sideBySide ? "sides" : args.word ? "words" : "lines";
  return {
    style: coloursFor(hasColour),
    hasColour,
    width: layout === "sides" && !Number.isFinite(columns) ? 160 : columns,
    layout,
    highlighter: createHighlighter(allowance),
    allowance,
  };
}

/** Where shown text goes; false once nobody reads it any more. */
interface Output {
  write(text: string): Promise<boolean>;
  end(): Promise<void>;
}

function directOutput(terminal: Terminal): Output {
  return {
    async write(text) {
      terminal.write(text);
      await terminal.drained();
      return true;
    },
    end: async () => undefined,
  };
}

/** Starts the pager with the first text, so that what is told of the waiting until then has the screen to itself. */
function pagedOutput(host: CliHost): Output {
  let output: Output | null = null;
  let release = (): void => undefined;
  return {
    write(text) {
      if (output === null) {
        const pager = startPager(host.environment);
        // Ctrl-C is the pager's while it runs.
        if (pager !== null) release = host.onSignal(() => undefined);
        output = pager ?? directOutput(host.terminal);
      }
      return output.write(text);
    },
    async end() {
      await output?.end();
      release();
    },
  };
}

/** Gathers small pieces, so that a patch of many small hunks is not written in as many system calls. */
const PIECE_CHARS = 32_768;

async function pour(pieces: AsyncIterable<string>, output: Output): Promise<void> {
  let waiting = "";
  let isFirst = true;
  for await (const piece of pieces) {
    waiting += piece;
    if (!isFirst && waiting.length < PIECE_CHARS) continue;
    isFirst = false;
    if (!(await output.write(waiting))) return;
    waiting = "";
  }
  await output.write(waiting);
}

/** Shows a patch as it comes; `footer` is asked for once all was shown. */
export async function showPatch(
  bytes: AsyncIterable<Uint8Array>,
  view: View,
  args: DiffArgs,
  host: CliHost,
  more: { readonly review: Reviewer; readonly tally: Tally; footer(): string },
): Promise<void> {
  const { terminal } = host;
  async function* pieces(): AsyncGenerator<string> {
    for await (const batch of annotateStream(bytes, more.review, more.tally)) {
      if (batch.kind === "text") yield renderText(batch.lines, view.hasColour);
      else for (const file of batch.files) yield* renderFile(file, view);
    }
    const footer = more.footer();
    if (footer !== "") yield `${view.style.dim(footer)}\n`;
  }
  const output = terminal.isOutTty && !args.noPager ? pagedOutput(host) : directOutput(terminal);
  try {
    await pour(pieces(), output);
  } finally {
    await output.end();
  }
}
