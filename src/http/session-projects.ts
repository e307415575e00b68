import type { Caller } from "../gateway/call.ts";

/** Remembers which project the sessions of clients stated, so that a client need not state it at every request. */
export interface SessionProjects {
  /** The project of a request: the one it states, which its session keeps, else the one its session stated last. */
  projectOf(caller: Pick<Caller, "keyId" | "session">, stated: string | null): string | null;
}

/** Sessions remembered a key, and keys: at most some 8 MB with the longest names that headers may hold. */
const MOST_SESSIONS = 256;
const MOST_KEYS = 100;

/** Puts an entry last, in place of the first one where there are too many. */
function keepLast<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}

/** The memory of one process: bounded, each key's apart, so that no key fills or reads that of another. */
export function createSessionProjects(mostSessions = MOST_SESSIONS, mostKeys = MOST_KEYS): SessionProjects {
  const keys = new Map<string, Map<string, string>>();
  return {
    projectOf({ keyId, session }, stated) {
      if (session === null) return stated;
      const key = keyId ?? "";
      const sessions = keys.get(key);
      const project = stated ?? sessions?.get(session) ?? null;
      if (project === null) return null;
      const kept = sessions ?? new Map<string, string>();
      keepLast(kept, session, project, mostSessions);
      keepLast(keys, key, kept, mostKeys);
      return project;
    },
  };
}
