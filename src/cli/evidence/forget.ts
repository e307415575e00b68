import type { EvidenceForgottenView } from "../../core/evidence-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatPlural } from "../../terminal/format.ts";
import { usageProblem } from "../../terminal/problem.ts";
import { defineCommand } from "../command.ts";
import { openAdmin, readView } from "../connection.ts";
import { daemonFlags, filterQuery, jsonFlag } from "../shared-flags.ts";
import { evidenceFlags } from "./flags.ts";

export const command = defineCommand({
  meta: {
    name: "forget",
    description: "Delete evidence: of a model, of a class of task, or all",
    examples: [
      ["lodestar evidence forget --model ollama/qwen2.5-coder:7b", "after the model behind a name was changed"],
      ["lodestar evidence forget --all", "everything"],
    ],
    notes: ["What is deleted is overwritten in the file. `lodestar evidence export` before it keeps a copy."],
  },
  args: {
    ...evidenceFlags,
    all: { type: "boolean", description: "everything" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const { model, task, all } = args;
    if (all === (model !== undefined || task !== undefined))
      return usageProblem("what_to_forget", "say what to forget: --model, --task, or --all", "--model PROVIDER/MODEL");
    const connection = await openAdmin(host, args, "write");
    if (!connection.ok) return connection.error;
    const path = `/v1/evidence?${filterQuery({ model, task })}`;
    try {
      let deleted = 0;
      for (let isDone = false; !isDone; ) {
        const round = await readView<EvidenceForgottenView>(connection.value, path, { method: "DELETE" });
        if (!round.ok) return round.error;
        deleted += round.value.deleted;
        isDone = round.value.isDone;
      }
      if (args.json) host.terminal.out(JSON.stringify({ deleted }));
      else host.terminal.out(`forgot ${formatPlural(deleted, "piece")} of evidence`);
      return EXIT_CODES.ok;
    } finally {
      await connection.value.close();
    }
  },
});
