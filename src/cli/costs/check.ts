import type { RepairView } from "../../core/admin-view.ts";
import { dayIn } from "../../core/day.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatPlural } from "../../terminal/format.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import type { LedgerCheck } from "../backend.ts";
import { type CliHost, defineCommand } from "../command.ts";
import { openAdmin, readView } from "../connection.ts";
import { type DaemonArgs, daemonFlags, inputsOf, jsonFlag } from "../shared-flags.ts";

function utcDay(at: number): string {
  return dayIn("UTC", at);
}

/** Mends day by day, each in a transaction of its own; returns the days that were wrong. */
async function repair(host: CliHost, args: DaemonArgs): Promise<Result<readonly string[], CliProblem>> {
  const connection = await openAdmin(host, args, "write");
  if (!connection.ok) return connection;
  const mended: string[] = [];
  try {
    for (let after: number | null = null; ; ) {
      const init: RequestInit = { method: "POST", body: JSON.stringify({ after }), signal: host.signal };
      const answer: Result<RepairView, CliProblem> = await readView(connection.value, "/v1/costs/repair", init);
      if (!answer.ok) return failure(answer.error);
      if (answer.value.mended === null) return success(mended);
      if (answer.value.mended.wasWrong) mended.push(utcDay(answer.value.mended.day));
      after = answer.value.mended.day;
    }
  } finally {
    await connection.value.close();
  }
}

/** What is wrong, a clause each. */
function findingsOf({ damage, wrongSums, wrongLast, lostPrices }: LedgerCheck): readonly string[] {
  return [
    ...damage,
    ...(wrongSums > 0 ? [`${formatPlural(wrongSums, "sum")} differ from the rows`] : []),
    ...(wrongLast > 0 ? [`${formatPlural(wrongLast, "attempt")} are wrongly marked as the last of their request`] : []),
    ...(lostPrices > 0 ? [`${formatPlural(lostPrices, "attempt")} name a price that is not kept`] : []),
  ];
}

function problemOf(check: LedgerCheck): CliProblem | null {
  const found = findingsOf(check);
  if (found.length === 0) return null;
  const message = `${check.file} is not sound: ${found.join("; ")}`;
  if (check.damage.length > 0) {
    return failureProblem(
      "store_corrupt",
      message,
      "stop the daemon and put a backup (ledger.db.v*.backup) in its place",
    );
  }
  const canMend = check.wrongSums + check.wrongLast > 0;
  const fix = canMend ? "lodestar costs check --repair" : "the costs stand; only `costs explain` lacks these prices";
  return failureProblem("ledger_inconsistent", message, fix);
}

export const command = defineCommand({
  meta: {
    name: "check",
    description: "Look whether the ledger is whole and every sum equals its rows",
    examples: [
      ["lodestar costs check", "exit code 1 and what to do when something is wrong"],
      ["lodestar costs check --repair", "make wrong sums anew from the rows"],
    ],
    notes: [
      "Runs SQLite's integrity check, adds the rows of each day up and holds them against the stored sums, and looks for prices that rows name and nobody kept. Reads beside a running daemon; changes nothing without --repair.",
    ],
  },
  args: {
    repair: { type: "boolean", description: "make wrong sums anew from the rows first" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const { terminal } = host;
    const mended = args.repair ? await repair(host, args) : success([]);
    if (!mended.ok) return mended.error;
    const backend = await host.backend();
    const checked = await backend.checkLedger(inputsOf(host, args), (day) => {
      if (terminal.isTalkTty) terminal.talkRaw(`\rchecking ${utcDay(day)} `);
    });
    if (terminal.isTalkTty) terminal.talkRaw("\r");
    if (!checked.ok) return checked.error;
    if (mended.value.length > 0) terminal.talk(`made the sums anew of ${mended.value.join(", ")}`);
    if (args.json) terminal.out(JSON.stringify({ ...checked.value, mended: mended.value }));
    const problem = problemOf(checked.value);
    if (problem !== null) return problem;
    const { rows, from } = checked.value;
    if (!args.json) {
      terminal.out(
        `sound: ${formatPlural(rows, "row")}${from === null ? "" : ` since ${utcDay(from)}`}, every sum equals them`,
      );
    }
    return EXIT_CODES.ok;
  },
});
