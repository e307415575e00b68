import { expect, test } from "bun:test";
import { compareSessions, replayTable, WHOLE } from "../real/agent-replay.ts";
import { NO_OLLAMA_REASON } from "../real/engines.ts";

test.skipIf(NO_OLLAMA_REASON !== "")(
  `a coding agent's session at its real size costs no reload and loses nothing ${NO_OLLAMA_REASON}`,
  async () => {
    const rows = await compareSessions(WHOLE);
    console.log(replayTable(rows));
    const ours = rows.find(({ who }) => who === "with Lodestar");
    expect(ours).toMatchObject({ turns: 12, reloads: 0, cut: 0 });
    expect(ours?.read.at(-1)).toBeGreaterThan(WHOLE.contextTokens);
  },
  900_000,
);
