import type { PruneView } from "../../core/admin-view.ts";
import { dayIn } from "../../core/day.ts";
import { parseMoment } from "../../core/period.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatPlural } from "../../terminal/format.ts";
import { type CliProblem, usageProblem } from "../../terminal/problem.ts";
import { confirm } from "../../terminal/prompt.ts";
import { type CliHost, defineCommand } from "../command.ts";
import { type Connection, openAdmin, readView } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { momentProblem } from "../span.ts";

function ask(connection: Connection, body: object): Promise<Result<PruneView, CliProblem>> {
  return readView<PruneView>(connection, "/v1/costs/prune", { method: "POST", body: JSON.stringify(body) });
}

/** Round by round, so that the daemon answers others in between. */
async function deleteAll(connection: Connection, before: number, host: CliHost): Promise<Result<number, CliProblem>> {
  let deleted = 0;
  for (;;) {
    const round = await ask(connection, { before });
    if (!round.ok) return failure(round.error);
    deleted += round.value.deleted;
    if (round.value.isDone) return success(deleted);
    if (host.terminal.isTalkTty) host.terminal.talkRaw(`\r${formatPlural(round.value.left, "row")} left `);
  }
}

export const command = defineCommand({
  meta: {
    name: "prune",
    description: "Delete ledger rows of past days; their sums by day stay",
    examples: [
      ["lodestar costs prune --before 2026-08-01 --dry-run", "how many rows that would be"],
      ["lodestar costs prune --before 2026-08-01", "asks first where someone can answer"],
    ],
    notes: [
      "Whole UTC days before that moment are pruned, in small chunks between requests. Totals and reports stay the same; `requests`, `costs query` and `costs export` no longer show the rows. Without this command rows are kept as long as the `retention.ledger` setting says.",
    ],
  },
  args: {
    before: { type: "string", required: true, valueHint: "TIME", description: "first day to keep" },
    dryRun: { type: "boolean", description: "only say how many rows it would delete" },
    yes: { type: "boolean", alias: "y", description: "do not ask" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const problem = momentProblem({ before: args.before });
    if (problem !== null) return problem;
    const before = parseMoment(args.before, "start", "UTC") ?? 0;
    if (before > host.now()) {
      return usageProblem("bad_value", `--before ${args.before} lies in the future`, "--before 2026-08-01");
    }
    const { terminal, stdin } = host;
    const connection = await openAdmin(host, args, args.dryRun ? "read" : "write");
    if (!connection.ok) return connection.error;
    try {
      const found = await ask(connection.value, { before, dryRun: true });
      if (!found.ok) return found.error;
      const day = dayIn("UTC", before);
      const what = `${formatPlural(found.value.left, "row")} before ${day} (UTC)`;
      if (args.dryRun || found.value.left === 0) {
        terminal.out(args.json ? JSON.stringify(found.value) : `${what}${args.dryRun ? " would be deleted" : ""}`);
        return EXIT_CODES.ok;
      }
      if (!args.yes && !(await confirm(terminal, stdin, `Delete ${what}? Their sums by day stay.`))) {
        terminal.talk("nothing was deleted");
        return EXIT_CODES.ok;
      }
      const deleted = await deleteAll(connection.value, before, host);
      if (!deleted.ok) return deleted.error;
      if (terminal.isTalkTty) terminal.talk("");
      if (args.json) terminal.out(JSON.stringify({ before, deleted: deleted.value, left: 0, isDone: true }));
      else terminal.out(`deleted ${formatPlural(deleted.value, "row")} before ${day} (UTC); their sums stay`);
      return EXIT_CODES.ok;
    } finally {
      await connection.value.close();
    }
  },
});
