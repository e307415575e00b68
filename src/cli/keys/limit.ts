import type { KeyView } from "../../core/admin-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { usageProblem } from "../../terminal/problem.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { limitFlags, limitsOf, limitWords } from "../key-limits.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";

export const command = defineCommand({
  meta: {
    name: "limit",
    description: "Change what a client key may spend and how fast",
    examples: [
      ["lodestar keys limit intern --budget 2.50/day --over deny", "at most 2.50 USD a day, then refused"],
      ["lodestar keys limit intern --rpm none", "as many requests as it likes again"],
    ],
    notes: ["Limits that are not named stay. They hold from the key's next request on."],
  },
  args: {
    key: { type: "positional", required: true, description: "the key's name or id" },
    ...limitFlags,
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const limits = limitsOf(args);
    if (!limits.ok) return limits.error;
    if (Object.keys(limits.value).length === 0) {
      const fix = `lodestar keys limit ${args.key} --budget 5/day; lodestar keys list shows what there is`;
      return usageProblem("flag_missing", "no limit is named", fix);
    }
    const path = `/v1/keys/${encodeURIComponent(args.key)}`;
    const answer = await fetchView<KeyView>({ ...rest, terminal }, args, "write", path, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(limits.value),
    });
    if (!answer.ok) return answer.error;
    if (args.json) terminal.out(JSON.stringify(answer.value));
    else terminal.out(`${answer.value.name} may use ${limitWords(answer.value.limits) || "as much as it likes"}`);
    return EXIT_CODES.ok;
  },
});
