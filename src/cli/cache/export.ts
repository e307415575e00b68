import type { CacheContentView, CacheEntryView } from "../../core/cache-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { defineCommand } from "../command.ts";
import { openAdmin, readView } from "../connection.ts";
import { daemonFlags } from "../shared-flags.ts";
import { cacheFlags, cacheFlagsProblem, cacheQuery } from "./filter.ts";

const PAGE = 500;

export const command = defineCommand({
  meta: {
    name: "export",
    description: "Kept answers with what they say, one JSON object a line",
    examples: [["lodestar cache export --project web | jq -r .body", "what models said in one project"]],
    notes: ["What was asked is not kept, so it is not exported."],
  },
  args: { ...cacheFlags, ...daemonFlags },
  async run({ args, ...host }) {
    const problem = cacheFlagsProblem(args);
    if (problem !== null) return problem;
    const opened = await openAdmin(host, args, "read");
    if (!opened.ok) return opened.error;
    const connection = opened.value;
    const query = cacheQuery(args, host.now());
    query.set("limit", String(PAGE));
    try {
      for (let after = 0; ; after += PAGE) {
        query.set("after", String(after));
        const path = `/v1/cache/entries?${query}`;
        const page = await readView<{ readonly entries: readonly CacheEntryView[] }>(connection, path);
        if (!page.ok) return page.error;
        for (const { digest } of page.value.entries) {
          const entry = await readView<CacheContentView>(connection, `/v1/cache/entries/${digest}`);
          // One that was deleted meanwhile is not exported.
          if (entry.ok) host.terminal.out(JSON.stringify(entry.value));
          await host.terminal.drained();
        }
        if (page.value.entries.length < PAGE) return EXIT_CODES.ok;
      }
    } finally {
      await connection.close();
    }
  },
});
