import { confirm } from "../../terminal/prompt.ts";
import type { CliHost } from "../command.ts";
import type { Check } from "./check.ts";

/** Mends what can be mended, asking a person before each; returns how much was. What fails is told and left. */
export async function repairAll(
  checks: readonly Check[],
  { terminal, stdin }: Pick<CliHost, "terminal" | "stdin">,
  isAgreed: boolean,
): Promise<number> {
  let mended = 0;
  for (const { repair, message } of checks) {
    if (repair === undefined) continue;
    if (!isAgreed && !(await confirm(terminal, stdin, `${message}\nShall I ${repair.what}?`))) continue;
    try {
      await repair.run();
      mended += 1;
      terminal.talk(`done: ${repair.what}`);
    } catch (error) {
      terminal.talk(`could not ${repair.what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (mended === 0) terminal.talk("nothing was mended");
  return mended;
}
