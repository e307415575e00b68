import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatPlural } from "../terminal/format.ts";
import { failureProblem } from "../terminal/problem.ts";
import { defineCommand } from "./command.ts";
import { fetchView } from "./connection.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";

interface Purged {
  /** Null where the file of kept answers cannot be used. */
  readonly deleted: number | null;
}

/** `lodestar responses purge`: deletes every kept answer, whoever asked for it. */
export const command = defineCommand({
  meta: {
    name: "purge",
    description: "Delete every kept answer of the Responses API, whoever asked for it",
    examples: [["lodestar responses purge", "conversations go on only from what their clients send again"]],
  },
  args: { ...jsonFlag, ...daemonFlags },
  async run({ args, ...host }) {
    const answer = await fetchView<Purged>(host, args, "write", "/v1/responses", { method: "DELETE" });
    if (!answer.ok) return answer.error;
    const { deleted } = answer.value;
    if (deleted === null) {
      const fix = "lodestar doctor says what is wrong with it; the log of `lodestar serve` has the reason";
      return failureProblem("responses_unusable", "the file of kept answers cannot be used, so none was deleted", fix);
    }
    if (args.json) host.terminal.out(JSON.stringify({ deleted }));
    else host.terminal.out(`deleted ${formatPlural(deleted, "kept answer")}`);
    return EXIT_CODES.ok;
  },
});
