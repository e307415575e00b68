import type { LedgerRow } from "../core/ledger.ts";
import { totalInput, totalOutput } from "../core/usage.ts";
import type { Colours } from "../terminal/terminal.ts";

/** Input tokens of a row, all kinds. */
export function inputTokens({ usage }: Pick<LedgerRow, "usage">): number {
  return totalInput(usage);
}

/** Output tokens of a row, thoughts included. */
export function outputTokens({ usage }: Pick<LedgerRow, "usage">): number {
  return totalOutput(usage);
}

/** The state of an attempt in its colour: what went wrong is red, what is open is yellow. */
export function paintState(state: LedgerRow["state"], text: string, style: Colours): string {
  if (state === "failed" || state === "refused") return style.red(text);
  if (state === "final" || state === "hit") return style.green(text);
  return style.yellow(text);
}
