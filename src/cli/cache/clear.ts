import type { CacheClearView } from "../../core/cache-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatPlural } from "../../terminal/format.ts";
import { defineCommand } from "../command.ts";
import { openAdmin, readView } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { cacheFlags, cacheFlagsProblem, cacheQuery } from "./filter.ts";

export const command = defineCommand({
  meta: {
    name: "clear",
    description: "Delete kept answers: all, or those of a model, project, key or age",
    examples: [
      ["lodestar cache clear", "everything"],
      ["lodestar cache clear --model ollama/qwen2.5-coder:3b --older-than 2h", "after a model was changed"],
    ],
    notes: ["What is deleted is overwritten in the file."],
  },
  args: { ...cacheFlags, ...jsonFlag, ...daemonFlags },
  async run({ args, ...host }) {
    const problem = cacheFlagsProblem(args);
    if (problem !== null) return problem;
    const connection = await openAdmin(host, args, "write");
    if (!connection.ok) return connection.error;
    const path = `/v1/cache?${cacheQuery(args, host.now())}`;
    try {
      let deleted = 0;
      for (let isDone = false; !isDone; ) {
        const round = await readView<CacheClearView>(connection.value, path, { method: "DELETE" });
        if (!round.ok) return round.error;
        deleted += round.value.deleted;
        isDone = round.value.isDone;
      }
      if (args.json) host.terminal.out(JSON.stringify({ deleted }));
      else host.terminal.out(`deleted ${formatPlural(deleted, "kept answer")}`);
      return EXIT_CODES.ok;
    } finally {
      await connection.value.close();
    }
  },
});
