import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";

export const command = defineCommand({
  meta: {
    name: "forget",
    description: "Forget what a project's own file says; its costs and what you set for it stay",
    examples: [["lodestar project forget web", "until a command in its folder makes it known again"]],
  },
  args: {
    name: { type: "positional", required: true, description: "its name" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const path = `/v1/projects/${encodeURIComponent(args.name)}`;
    const host = { ...rest, terminal };
    const answer = await fetchView<{ forgotten: string }>(host, args, "write", path, { method: "DELETE" });
    if (!answer.ok) return answer.error;
    if (args.json) terminal.out(JSON.stringify(answer.value));
    else terminal.talk(`${answer.value.forgotten} is forgotten`);
    return EXIT_CODES.ok;
  },
});
