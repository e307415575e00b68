import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { defineCommand } from "../command.ts";
import { streamRows } from "../ledger-rows.ts";
import { rowFlags, rowFlagsProblem, rowQuery } from "../row-flags.ts";
import { daemonFlags } from "../shared-flags.ts";

export const command = defineCommand({
  meta: {
    name: "query",
    description: "Every ledger row that matches, one attempt a line, as NDJSON",
    examples: [
      ["lodestar costs query --provider openai --from 2026-11-01", "all attempts at OpenAI this month"],
      ["lodestar costs query --request req_01 ", "the attempts of one request"],
      ["lodestar costs query --min-cost 0.5 --tag nightly", "what was dear in the nightly runs"],
      ["lodestar costs query --fault rate-limited --min-duration 10s", "slow attempts that ended at a rate limit"],
    ],
  },
  args: {
    ...rowFlags,
    json: { type: "boolean", default: true, description: "NDJSON, which is the only form" },
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const problem = rowFlagsProblem(args);
    if (problem !== null) return problem;
    const sent = await streamRows({ ...rest, terminal }, args, rowQuery(args), async (text) => {
      terminal.write(text);
      await terminal.drained();
    });
    return sent.ok ? EXIT_CODES.ok : sent.error;
  },
});
