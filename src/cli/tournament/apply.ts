import { leaderboardOf } from "../../core/rating/leaderboard.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { TASK_CLASSES } from "../../core/routing/task-class.ts";
import { evidenceOf } from "../../core/tournament/evidence.ts";
import { isDecided } from "../../core/tournament/pairing.ts";
import { formatPlural } from "../../terminal/format.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import type { CliHost } from "../command.ts";
import { adminProblem, type Connection, openAdmin } from "../connection.ts";
import { applyTargets } from "../recommend/apply.ts";
import type { DaemonArgs } from "../shared-flags.ts";
import { answerIn, type Kept } from "./session.ts";

/** What was changed, and how to undo it. */
export interface AppliedResults {
  readonly to: "evidence" | "rule";
  readonly count: number;
  readonly lines: readonly string[];
}

/** Further models of a rule's chain, behind the best. */
const MOST_TARGETS = 3;

async function post(connection: Connection, body: object): Promise<Result<boolean, CliProblem>> {
  const response = await connection.send("/v1/evidence", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) return response;
  if (response.value.ok) return success(true);
  const problem = await adminProblem(response.value, connection.where);
  // The ledger keeps requests for a time only: an answer from before it is left out.
  return problem.code === "request_not_found" ? success(false) : failure(problem);
}

async function applyEvidence(host: CliHost, args: DaemonArgs, kept: Kept): Promise<Result<AppliedResults, CliProblem>> {
  const { store, tournament } = kept;
  const prompts = new Map(tournament.prompts.map((prompt) => [prompt.id, prompt]));
  const pieces = evidenceOf(store.matches(tournament.id), (id, model) => {
    const prompt = prompts.get(id);
    return prompt === undefined ? null : (answerIn(kept, prompt, model)?.requestId ?? null);
  });
  const connection = await openAdmin(host, args, "write");
  if (!connection.ok) return connection;
  let count = 0;
  try {
    for (const { requestId, kind, score, voter, taskClass } of pieces) {
      const told = await post(connection.value, { request_id: requestId, kind, score, voter, task: taskClass });
      if (!told.ok) return told;
      if (told.value) count += 1;
    }
  } finally {
    await connection.value.close();
  }
  const gone = pieces.length - count;
  const lines = [
    `${formatPlural(count, "piece")} of evidence recorded: lodestar recommend and the router use it`,
    ...(gone === 0 ? [] : [`${formatPlural(gone, "piece")} left out: their requests are no longer in the ledger`]),
    "Undo: lodestar evidence forget --model PROVIDER/MODEL --task CLASS",
  ];
  return success({ to: "evidence", count, lines });
}

async function applyRules(
  host: CliHost,
  args: DaemonArgs,
  { store, tournament }: Kept,
): Promise<Result<AppliedResults, CliProblem>> {
  const all = store.matches(tournament.id);
  const lines: string[] = [];
  let count = 0;
  for (const taskClass of TASK_CLASSES) {
    const matches = all.filter((match) => match.taskClass === taskClass);
    if (!isDecided(tournament, matches)) continue;
    const targets = leaderboardOf(matches, { ties: "half" }).standings.slice(0, MOST_TARGETS);
    const applied = await applyTargets(
      host,
      args,
      taskClass,
      targets.map(({ name }) => name),
    );
    if (!applied.ok) return applied;
    count += 1;
    const { name, file, backup } = applied.value;
    lines.push(`rule ${name} is in ${file}: ${targets.map((target) => target.name).join(", ")}`);
    if (backup !== null) lines.push(`The file as it was: ${backup}`);
    lines.push(`Undo: lodestar recommend ${taskClass} --undo`);
  }
  if (count > 0) return success({ to: "rule", count, lines });
  const message = "in no class of task is the best surely the best, at 95 %, so no rule was written";
  return failure(
    failureProblem(
      "nothing_separated",
      message,
      `lodestar tournament vote ${tournament.id}; --apply evidence takes what there is`,
    ),
  );
}

/** Makes the result of a tournament count: as evidence for each answer, or as rules for `auto`. */
export function applyResults(
  host: CliHost,
  args: DaemonArgs,
  kept: Kept,
  to: AppliedResults["to"],
): Promise<Result<AppliedResults, CliProblem>> {
  return to === "evidence" ? applyEvidence(host, args, kept) : applyRules(host, args, kept);
}
