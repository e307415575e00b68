import { timingSafeEqual } from "node:crypto";

/** How long a link printed at start may wait for its one use. */
const LINK_LIFE_MS = 24 * 3_600_000;
/** How long a browser session lasts. */
const SESSION_LIFE_MS = 12 * 3_600_000;
/** More than these at once are not kept; the oldest goes. */
const MOST_SESSIONS = 64;

/** One-time links and the browser sessions they open. Lives in memory: a restart ends all sessions. */
export interface AdminSessions {
  /** A token that opens one session, once. */
  mintLink(): string;
  /** Spends a link token for a session id, or null when it is unknown, used or too old. */
  redeem(linkToken: string): string | null;
  isValid(sessionId: string): boolean;
}

/** A session keeper; `mintSecret` gives 256 random bits as text, `now` Unix milliseconds. */
export function createAdminSessions(mintSecret: () => string, now: () => number): AdminSessions {
  const links = new Map<string, number>();
  const sessions = new Map<string, number>();
  const add = (map: Map<string, number>, life: number): string => {
    const [oldest] = map.keys();
    if (map.size >= MOST_SESSIONS && oldest !== undefined) map.delete(oldest);
    const secret = mintSecret();
    map.set(secret, now() + life);
    return secret;
  };
  const isLive = (map: Map<string, number>, secret: string): boolean => (map.get(secret) ?? 0) > now();
  return {
    mintLink: () => add(links, LINK_LIFE_MS),
    redeem: (linkToken) => {
      if (!isLive(links, linkToken)) return null;
      links.delete(linkToken);
      return add(sessions, SESSION_LIFE_MS);
    },
    isValid: (sessionId) => isLive(sessions, sessionId),
  };
}

/** Whether two secrets are equal, in time that tells nothing but their length. */
export function isSameSecret(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
