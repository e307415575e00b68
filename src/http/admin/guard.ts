import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { KnownError } from "../../core/known-error.ts";
import { admit } from "../admission.ts";
import type { AdminContext } from "./context.ts";
import { isSameSecret } from "./session.ts";

/** Name of the session cookie. Without the `__Host-` prefix on plain HTTP: it needs `Secure`, which not every browser takes from http on loopback. */
export function sessionCookieName(isHttps: boolean): string {
  return isHttps ? "__Host-lodestar-session" : "lodestar-session";
}

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

/** What a route threw: an expected failure (a damaged database) with its fix, else a bug. */
export function adminFailure(error: Error, context: Context): Response {
  if (!(error instanceof KnownError))
    return adminError(context, 500, "internal", `the admin API failed: ${error.message}`);
  const { code, message, fix } = error.fault;
  return adminError(context, 500, code, message, fix);
}

/** The same first decision as on the API port: sizes, a Host that is ours (DNS rebinding), an Origin that is ours or allowed. */
export function guardOrigin(admin: AdminContext): MiddlewareHandler {
  return async function checkOrigin(context, next) {
    const { host, allowedHosts, allowedOrigins } = admin.settings().server;
    const admission = admit(context.req.raw, { boundHost: host, allowedHosts, allowedOrigins });
    if (admission.kind === "refused") {
      const { status, code, message } = admission.error;
      return Response.json({ error: { code, message, fix: null } }, { status });
    }
    if (admission.kind === "preflight") return new Response(null, admission);
    await next();
    for (const name in admission.headers) context.header(name, admission.headers[name]);
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
