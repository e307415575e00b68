import type { FileChange } from "../../core/repair/edit.ts";
import { applyChanges, prepareChanges } from "../../features/repair/apply.ts";
import { forgetRunRecord, keepPatch, writeRunRecord } from "../../features/repair/store.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import { confirm } from "../../terminal/prompt.ts";
import type { CliHost } from "../command.ts";
import type { Journal } from "./journal.ts";
import { patchLines, say } from "./words.ts";

/** A repair that passed in a copy. */
export interface Proposal {
  readonly root: string;
  readonly changes: readonly FileChange[];
  readonly patch: string;
  readonly isYes: boolean;
  readonly isJson: boolean;
}

/** Whether the patch is wanted; where nobody can be asked, it is not. */
async function isAccepted(host: CliHost, { isYes }: Proposal, journal: Journal): Promise<boolean> {
  if (isYes) return true;
  const canAsk = host.stdin.isTTY === true && host.terminal.isTalkTty;
  const isWanted = canAsk && (await confirm(host.terminal, host.stdin, "apply this patch to your files?"));
  if (!isWanted) journal.emit({ event: "declined", why: canAsk ? "said no" : "nobody to ask, and no --yes" });
  return isWanted;
}

function show({ terminal }: CliHost, patch: string): void {
  for (const line of patchLines(patch, terminal.talkStyle)) terminal.talk(line);
}

/** Shows the patch, asks, and writes it: the only moment at which the user's tree is changed. Whether it was. */
export async function settle(host: CliHost, proposal: Proposal, journal: Journal): Promise<boolean | CliProblem> {
  const { root, changes, patch, isJson } = proposal;
  const { place } = journal;
  const file = keepPatch(place, patch);
  if (!isJson) show(host, patch);
  if (!(await isAccepted(host, proposal, journal))) {
    if (!isJson) say(host.terminal, `nothing was changed; the patch is kept: git apply ${file}`);
    return false;
  }
  const prepared = prepareChanges(root, changes, place.originals);
  if (!prepared.ok) return prepared.error;
  const record = { version: 1, root, state: "applied", files: prepared.value } as const;
  writeRunRecord(place, record);
  const wrong = applyChanges(root, changes, prepared.value, place.originals);
  if (wrong !== null) {
    forgetRunRecord(place);
    return wrong;
  }
  journal.emit({ event: "applied", files: changes.map(({ path }) => path) });
  return true;
}
