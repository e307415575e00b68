import { pathOf, readableText } from "../../core/diff/patch.ts";
import type { Tally } from "../../features/diff/annotated.ts";
import { hunkPlace, reasonWords } from "../../features/diff/words-of-hunk.ts";
import { EXIT_CODES, type ExitCode } from "../../terminal/exit-code.ts";
import { plainText } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { DiffArgs } from "./flags.ts";

/** What a run ends with: 1 where `--exit-code` finds changes or `--risk-threshold` a hunk of that risk, which is told. */
export function verdictOf(tally: Tally, { exitCode, riskThreshold }: DiffArgs, terminal: Terminal): ExitCode {
  const { worst } = tally;
  if (riskThreshold !== undefined && worst !== null && worst.hunk.annotation.risk >= riskThreshold) {
    const { annotation, hunk } = worst.hunk;
    const path = plainText(readableText(pathOf(worst.file.file)));
    const why = reasonWords(annotation);
    terminal.talk(
      `${path} ${hunkPlace(hunk)} has risk ${annotation.risk}, the threshold is ${riskThreshold}${why === "" ? "" : `: ${why}`}`,
    );
    return EXIT_CODES.failure;
  }
  return exitCode && tally.files > 0 ? EXIT_CODES.failure : EXIT_CODES.ok;
}
