import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import type { AdminContext } from "./admin-context.ts";
import { isSameSecret } from "./admin-session.ts";

/** Name of the session cookie. Without the `__Host-` prefix on plain HTTP: it needs `Secure`, which not every browser takes from http on loopback. */
export function sessionCookieName(isHttps: boolean): string {
  return isHttps ? "__Host-lodestar-session" : "lodestar-session";
}

const LOOPBACK_HOSTS: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?$/i;

/** An error body of the admin API. */
export function adminError(
  context: Context,
  status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 500 | 503,
  code: string,
  message: string,
  fix: string | null = null,
): Response {
  return context.json({ error: { code, message, fix } }, status);
}

function hostName(host: string): string | null {
  return HOST.exec(host)?.[1]?.toLowerCase() ?? null;
}

function allowedHosts(admin: AdminContext): readonly string[] {
  const { host, allowedHosts: more } = admin.settings().server;
  return [...LOOPBACK_HOSTS, host.toLowerCase(), ...more.map((name) => name.toLowerCase())];
}

/** Refuses a missing, malformed or foreign Host (DNS rebinding) and a foreign Origin, before anything else. */
export function guardOrigin(admin: AdminContext): MiddlewareHandler {
  return async function checkOrigin(context, next) {
    const host = context.req.header("host") ?? "";
    const name = hostName(host);
    if (name === null) return adminError(context, 400, "bad_host", "the Host header is missing or malformed");
    if (!allowedHosts(admin).includes(name)) {
      const fix = `add to the configuration: server: { allowedHosts: [${name}] }`;
      return adminError(context, 403, "host_not_allowed", `host "${name}" is not allowed here`, fix);
    }
    const origin = context.req.header("origin");
    const isOwn = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
    if (!isOwn && !admin.settings().server.allowedOrigins.includes(origin)) {
      const fix = `add to the configuration: server: { allowedOrigins: [${origin}] }`;
      return adminError(context, 403, "origin_not_allowed", `origin "${origin}" is not allowed here`, fix);
    }
    await next();
    return undefined;
  };
}

/** Who asks: the holder of the admin credential, a browser session (which may only read), or nobody known. */
export function callerOf(context: Context, admin: AdminContext): "admin" | "session" | null {
  const bearer = /^Bearer (.+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
  if (bearer !== undefined) return isSameSecret(bearer, admin.token) ? "admin" : null;
  const isHttps = new URL(context.req.url).protocol === "https:";
  const session = getCookie(context, sessionCookieName(isHttps));
  return session !== undefined && admin.sessions.isValid(session) ? "session" : null;
}

/** Lets only the admin credential through, and sessions for reading. */
export function requireAdmin(admin: AdminContext): MiddlewareHandler {
  return async function checkAdmin(context, next) {
    const caller = callerOf(context, admin);
    if (caller === null) {
      context.header("www-authenticate", 'Bearer realm="lodestar admin"');
      const fix =
        "send the content of admin.token in the state directory as a bearer token; a client key does not open it";
      return adminError(context, 401, "admin_credential_required", "the admin API needs the admin credential", fix);
    }
    if (caller === "session" && context.req.method !== "GET" && context.req.method !== "HEAD") {
      return adminError(context, 403, "session_reads_only", "a browser session may only read", "use the command line");
    }
    await next();
    return undefined;
  };
}
