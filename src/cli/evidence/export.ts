import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { defineCommand } from "../command.ts";
import { adminProblem, openAdmin } from "../connection.ts";
import { daemonFlags, filterQuery } from "../shared-flags.ts";
import { evidenceFlags } from "./flags.ts";

export const command = defineCommand({
  meta: {
    name: "export",
    description: "Every piece of evidence, one JSON object a line",
    examples: [["lodestar evidence export | jq -r .kind | sort | uniq -c", "how much there is of each kind"]],
  },
  args: { ...evidenceFlags, ...daemonFlags },
  async run({ args, ...host }) {
    const { model, task } = args;
    const connection = await openAdmin(host, args, "read");
    if (!connection.ok) return connection.error;
    try {
      const response = await connection.value.send(`/v1/evidence/rows?${filterQuery({ model, task })}`);
      if (!response.ok) return response.error;
      if (!response.value.ok) return adminProblem(response.value, connection.value.where);
      const text = await response.value.text();
      for (const line of text.split("\n")) if (line !== "") host.terminal.out(line);
      return EXIT_CODES.ok;
    } finally {
      await connection.value.close();
    }
  },
});
