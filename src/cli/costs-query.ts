import { EXIT_CODES } from "../terminal/exit-code.ts";
import { defineCommand } from "./command.ts";
import { adminProblem, lostConnection, openAdmin } from "./connection.ts";
import { daemonFlags, filterFlags, filterQuery } from "./shared-flags.ts";
import { momentProblem, spanArgs } from "./span.ts";

export const command = defineCommand({
  meta: {
    name: "query",
    description: "Every ledger row that matches, one attempt a line, as NDJSON",
    examples: [
      ["lodestar costs query --provider openai --from 2026-11-01", "all attempts at OpenAI this month"],
      ["lodestar costs query --request req_01 ", "the attempts of one request"],
    ],
  },
  args: {
    request: { type: "string", valueHint: "ID", description: "only this request" },
    limit: { type: "string", value: "integer", valueHint: "COUNT", description: "at most so many rows" },
    ...filterFlags,
    json: { type: "boolean", default: true, description: "NDJSON, which is the only form" },
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const problem = momentProblem("from", args.from, "start") ?? momentProblem("to", args.to, "end");
    if (problem !== null) return problem;
    const { request, limit, provider, model, project, key, session, state } = args;
    const query = filterQuery({ ...spanArgs(args), request, limit, provider, model, project, key, session, state });
    const connection = await openAdmin(host, args, "read");
    if (!connection.ok) return connection.error;
    try {
      const response = await connection.value.send(`/v1/costs/rows?${query}`, { signal: host.signal });
      if (!response.ok) return response.error;
      if (!response.value.ok) return await adminProblem(response.value, connection.value.where);
      const decoder = new TextDecoder();
      for await (const chunk of response.value.body ?? []) {
        terminal.write(decoder.decode(chunk, { stream: true }));
        await terminal.drained();
      }
      return EXIT_CODES.ok;
    } catch (error) {
      return lostConnection(error, host, connection.value.where);
    } finally {
      await connection.value.close();
    }
  },
});
