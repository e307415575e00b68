import { rmSync } from "node:fs";
import type { ModelView } from "../../core/admin-view.ts";
import { createRedactor } from "../../core/redact.ts";
import type { CommandPurpose } from "../../core/repair/command-kind.ts";
import type { EditFormat } from "../../core/repair/edit.ts";
import type { Result } from "../../core/result.ts";
import type { Limits, WorstCase } from "../../features/repair/ask.ts";
import type { Project } from "../../features/repair/git.ts";
import { type Judged, type RepairEnd, repair } from "../../features/repair/loop.ts";
import { workFolder } from "../../features/repair/store.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import type { CliHost } from "../command.ts";
import { fetchView, openAdmin } from "../connection.ts";
import { openModels } from "../model-port.ts";
import { withoutToolVariables } from "../own-environment.ts";
import { type ProjectArgs, projectHere } from "../project/here.ts";
import type { Journal } from "./journal.ts";
import { eventWords, say } from "./words.ts";

/** What a repair is told on the command line. */
export interface HealWish {
  readonly args: ProjectArgs & { readonly json: boolean };
  readonly command: readonly string[];
  readonly purpose: CommandPurpose;
  readonly project: Project;
  readonly folder: string;
  readonly stateDir: string;
  readonly models: readonly string[];
  readonly format: EditFormat | null;
  readonly allowTests: boolean;
  readonly checks: readonly string[];
  readonly limits: Limits;
  /** Whether the budget was asked for: then a model without a price is not asked. */
  readonly isBudgetStrict: boolean;
  readonly signal: AbortSignal;
}

/** Input tokens are at most this many a character; most texts have a quarter. */
const TOKENS_A_CHARACTER = 0.5;

/** The models that a name may lead to: those that it names or is an alias of, else any that costs. */
function meant(name: string, models: readonly ModelView[]): readonly ModelView[] {
  const named = models.filter(({ id, model, aliases }) => id === name || model === name || aliases.includes(name));
  if (named.length > 0) return named;
  return models.filter(({ isLocal }) => isLocal === (name === "free"));
}

/** What a call may cost at most, by the prices of the models that its name may lead to. */
async function worstCases(host: CliHost, { args, isBudgetStrict, limits }: HealWish): Promise<WorstCase> {
  if (limits.budgetUsd === null) return () => 0;
  const view = await fetchView<{ models: readonly ModelView[] }>(host, args, "read", "/v1/models");
  const models = view.ok ? view.value.models : [];
  return (name, characters, tokens) => {
    const costs = meant(name, models).map(({ isLocal, inputUsd, outputUsd }) => {
      if (isLocal) return 0;
      if (inputUsd === null || outputUsd === null) return null;
      return (characters * TOKENS_A_CHARACTER * inputUsd + tokens * outputUsd) / 1_000_000;
    });
    const known = costs.filter((cost) => cost !== null);
    const isKnown = view.ok && known.length === costs.length;
    return isKnown || !isBudgetStrict ? Math.max(0, ...known) : null;
  };
}

/** Tells the routing what was found of each answer. What cannot be recorded is no reason to fail. */
async function recordEvidence(host: CliHost, args: ProjectArgs, judged: readonly Judged[]): Promise<void> {
  const known = judged.filter(({ requestId }) => requestId !== "");
  if (known.length === 0) return;
  const connection = await openAdmin(host, args, "write");
  if (!connection.ok) return;
  const post = (body: object) =>
    connection.value.send("/v1/evidence", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  try {
    for (const { requestId, isApplied, isRepair } of known) {
      const about = { request_id: requestId, task: "bug_fix" };
      await post({ ...about, kind: "edit", score: isApplied ? 1 : 0 });
      if (isApplied) await post({ ...about, kind: "exit", score: isRepair ? 1 : 0 });
    }
  } finally {
    await connection.value.close();
  }
}

/** Looks for a repair in copies of the project, and books what it cost under the run's own tag. */
export async function heal(host: CliHost, wish: HealWish, journal: Journal): Promise<Result<RepairEnd, CliProblem>> {
  const { args, command, purpose, project, stateDir, models, format, allowTests, checks, limits, signal } = wish;
  const named = await projectHere(host, args, wish.folder);
  if (!named.ok) return named;
  const worstCase = await worstCases(host, wish);
  const opened = await openModels(host, args, { project: named.value, tag: `run:${journal.place.id}` });
  if (!opened.ok) return opened;
  const redactor = createRedactor();
  let end: Result<RepairEnd, CliProblem>;
  try {
    const environment = withoutToolVariables(host.environment);
    const sandbox = { project, folder: workFolder(journal.place), stateDir, environment, signal };
    end = await repair(
      { command, purpose, sandbox, models, format, allowTests, checks, limits },
      {
        models: opened.value,
        worstCase,
        redact: redactor.redact,
        now: () => performance.now(),
        emit(event) {
          journal.emit(event);
          const words = eventWords(event);
          if (words !== null && !args.json) say(host.terminal, words);
        },
      },
    );
  } finally {
    await opened.value.close();
    rmSync(workFolder(journal.place), { recursive: true, force: true });
  }
  if (end.ok) await recordEvidence(host, args, end.value.judged);
  return end;
}
