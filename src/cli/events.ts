import type { LodestarEvent } from "../core/event.ts";
import { parseJson } from "../core/json.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatTime } from "../terminal/format.ts";
import { type CliHost, defineCommand } from "./command.ts";
import { adminProblem, lostConnection, openAdmin } from "./connection.ts";
import { eventLine } from "./serve-words.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";
import { readServerEvents } from "./sse.ts";

async function show(body: AsyncIterable<Uint8Array>, isJson: boolean, { terminal, now }: CliHost): Promise<void> {
  for await (const { data } of readServerEvents(body)) {
    if (isJson) {
      terminal.out(data);
      continue;
    }
    // Our own daemon's schema; a kind that this version does not know has no line.
    const event = parseJson(data) as LodestarEvent | undefined;
    const line = event === undefined ? null : eventLine(event);
    if (event !== undefined && line !== null) terminal.out(`${formatTime(event.at, now())} ${line}`);
  }
}

export const command = defineCommand({
  meta: {
    name: "events",
    description: "Follow what happens: settlements, fallbacks, health, configuration",
    group: "See",
    examples: [
      ["lodestar events --json | jq 'select(.event == \"settled\")'", "every settled attempt as it is settled"],
    ],
    notes: [
      "The lines have the same schema as `serve --json` and the admin API's event stream. It runs until the daemon ends or you interrupt it.",
    ],
  },
  args: { ...jsonFlag, ...daemonFlags },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const connection = await openAdmin(host, args, "live");
    if (!connection.ok) return connection.error;
    const response = await connection.value.send("/v1/events", { signal: host.signal });
    if (!response.ok) return response.error;
    if (!response.value.ok) return adminProblem(response.value, connection.value.where);
    terminal.talk(`following ${connection.value.where}`);
    try {
      await show(response.value.body ?? new Blob([]).stream(), args.json, host);
    } catch (error) {
      // A daemon that ends at once resets its streams: for who follows it, that is its end.
      lostConnection(error, host, connection.value.where);
    }
    terminal.talk("the daemon ended the stream");
    return EXIT_CODES.ok;
  },
});
