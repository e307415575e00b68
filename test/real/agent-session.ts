import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { isJsonObject, type JsonObject, type JsonValue } from "../../src/core/json.ts";

/** What a real coding agent sent in one task, its words replaced by others of the same lengths (`scripts/record-agent.ts`). */
export interface AgentSession {
  readonly agent: string;
  readonly version: string;
  /** Where it sent every turn, such as `/v1/chat/completions`. */
  readonly path: string;
  readonly bodies: readonly JsonObject[];
}

/** As in the file: each turn repeats what was said before it, so each message is there once. */
interface Stored extends Omit<AgentSession, "bodies"> {
  readonly parts: readonly JsonValue[];
  readonly turns: readonly { readonly rest: number; readonly messages: readonly number[] }[];
}

/** Where it is. */
export const sessionFile = join(import.meta.dir, "recorded", "agent-session.json.gz");

/** The bytes of a session's file. */
export function packSession({ bodies, ...about }: AgentSession): Uint8Array {
  const ids = new Map<string, number>();
  const idOf = (part: JsonValue): number => {
    const text = JSON.stringify(part);
    const id = ids.get(text) ?? ids.size;
    ids.set(text, id);
    return id;
  };
  const turns = bodies.map(({ messages, ...rest }) => ({
    rest: idOf(rest),
    messages: (Array.isArray(messages) ? messages : []).map(idOf),
  }));
  const parts = [...ids.keys()].map((text) => JSON.parse(text) as JsonValue);
  const stored: Stored = { ...about, parts, turns };
  return gzipSync(JSON.stringify(stored), { level: 9 });
}

/** Reads the recorded session. */
export async function readSession(): Promise<AgentSession> {
  const bytes = await Bun.file(sessionFile).bytes();
  const { parts, turns, ...about } = JSON.parse(gunzipSync(bytes).toString()) as Stored;
  const bodies = turns.map(({ rest, messages }) => {
    const body = parts[rest];
    const own = isJsonObject(body) ? body : {};
    return { ...own, messages: messages.map((id) => parts[id] ?? null) };
  });
  return { ...about, bodies };
}

const TEXTS = ["content", "text", "description"];

function cutTexts(value: JsonValue, share: number, key = ""): JsonValue {
  if (typeof value === "string") return TEXTS.includes(key) ? value.slice(0, Math.ceil(value.length * share)) : value;
  if (Array.isArray(value)) return value.map((entry) => cutTexts(entry, share));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, cutTexts(entry, share, name)]));
}

/** The first `turns` of a session, with the first `share` of every text. */
export function shortened(session: AgentSession, share: number, turns: number): AgentSession {
  const bodies = session.bodies.slice(0, turns).flatMap((body) => {
    const cut = cutTexts(body, share);
    return isJsonObject(cut) ? [cut] : [];
  });
  return { ...session, bodies };
}
