import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";

interface Revoked {
  readonly revoked: string;
  readonly name: string;
  readonly isKeyless: boolean;
}

export const command = defineCommand({
  meta: {
    name: "revoke",
    description: "End a client key at once",
    examples: [["lodestar keys revoke laptop", "by name or by id"]],
  },
  args: {
    key: { type: "positional", required: true, description: "the key's name or id" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const path = `/v1/keys/${encodeURIComponent(args.key)}`;
    const answer = await fetchView<Revoked>({ ...rest, terminal }, args, "write", path, { method: "DELETE" });
    if (!answer.ok) return answer.error;
    if (args.json) terminal.out(JSON.stringify(answer.value));
    else terminal.out(`revoked ${answer.value.revoked} (${answer.value.name})`);
    if (answer.value.isKeyless) terminal.talk("No key is left: calls from this machine need none again.");
    return EXIT_CODES.ok;
  },
});
