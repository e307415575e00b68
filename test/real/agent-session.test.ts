import { describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import type { JsonObject } from "../../src/core/json.ts";
import { compareSessions, replayTable, SIXTEENTH } from "./agent-replay.ts";
import { type AgentSession, packSession, readSession, sessionFile, shortened } from "./agent-session.ts";
import { NO_OLLAMA_REASON } from "./engines.ts";
import { scrubRequest } from "./scrub.ts";

function sizesOf({ bodies }: AgentSession): readonly number[] {
  return bodies.map((body) => JSON.stringify(body).length);
}

describe("a recorded session of a coding agent", () => {
  test("has twelve turns with tools or more, each longer than the one before, and nothing of where it was made", async () => {
    const session = await readSession();
    const sizes = sizesOf(session);
    expect(sizes.length).toBeGreaterThanOrEqual(12);
    expect(sizes).toEqual(sizes.toSorted((left, right) => left - right));
    for (const body of session.bodies) expect(body.tools).toBeArray();
    const text = gunzipSync(await Bun.file(sessionFile).bytes()).toString();
    expect(text).not.toMatch(/\/(root|home|tmp|work|usr)\/|lodestar|localhost|127\.0\.0\.1/i);
  });

  test("is read as it was packed, and shortened keeps its turns and its structure", async () => {
    const session = await readSession();
    const unpacked = JSON.parse(gunzipSync(packSession(session)).toString()) as { readonly turns: unknown[] };
    expect(unpacked.turns).toHaveLength(session.bodies.length);
    const short = shortened(session, 0.5, 6);
    expect(short.bodies.map(({ messages }) => (messages as unknown[]).length)).toEqual(
      session.bodies.slice(0, 6).map(({ messages }) => (messages as unknown[]).length),
    );
    for (const [index, size] of sizesOf(short).entries()) {
      expect(size).toBeLessThan(sizesOf(session)[index] ?? Number.NaN);
    }
  });

  test("keeps lengths, marks, names and settings, and no word that was said", () => {
    const body: JsonObject = {
      model: "m",
      effort: "high",
      messages: [
        { role: "user", content: "Look at /opt/Secret_42/main.ts: it says HELLO!" },
        {
          role: "assistant",
          tool_calls: [{ id: "call_1", function: { name: "read", arguments: '{"path":"Secret.ts"}' } }],
        },
      ],
    };
    const clean = scrubRequest(body);
    const text = JSON.stringify(clean);
    expect(text).toHaveLength(JSON.stringify(body).length);
    expect(text).not.toMatch(/Look|Secret|main|HELLO|42/);
    for (const kept of ['"effort":"high"', '"role":"user"', '"id":"call_1"', '"name":"read"', "path", "!"]) {
      expect(text).toContain(kept);
    }
    expect(scrubRequest(body)).toEqual(clean);
  });
});

describe.skipIf(NO_OLLAMA_REASON !== "")(`a coding agent's session on a real Ollama ${NO_OLLAMA_REASON}`, () => {
  test("costs no reload and loses nothing of its beginning, and Ollama alone reloads and cuts", async () => {
    const [alone, ours] = await compareSessions(SIXTEENTH);
    if (alone === undefined || ours === undefined) throw new Error("a side is missing");
    console.log(replayTable([alone, ours]));
    expect(ours).toMatchObject({ turns: 12, reloads: 0, cut: 0 });
    expect(ours.read).toEqual(ours.read.toSorted((left, right) => left - right));
    expect(alone.reloads).toBeGreaterThan(0);
    expect(alone.cut).toBeGreaterThan(0);
  }, 120_000);
});
