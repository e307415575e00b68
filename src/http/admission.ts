import { type ClientError, refusal } from "../core/fault.ts";

/** What a listener lets in. Names and origins as in the configuration: exact, `*.example.org`, `scheme://*`, or `*`. */
export interface AdmissionRules {
  /** The address the listener is bound to, as configured. */
  readonly boundHost: string;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}

/** The first decision about a request. `headers` go onto whatever is answered: they let an allowed web page read it. */
export type Admission =
  | { readonly kind: "admitted"; readonly headers: Readonly<Record<string, string>> }
  /** A browser asks whether a page may call; the answer has no body. */
  | { readonly kind: "preflight"; readonly status: 204; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: "refused"; readonly error: ClientError };

const MAX_HEADERS = 128;
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_URL_LENGTH = 16 * 1024;
/** RFC 9110 section 7.2, without user information and percent-encoding, which no client of ours sends. */
const HOST = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9_])?\.?)(?::\d{1,5})?$/i;
const IP_LITERAL = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/;
const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const WILDCARD_HOSTS = new Set(["0.0.0.0", "::", "[::]"]);
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/"'<>\\]{1,300}$/i;
const NOTHING = {};

/**
 * Decides whether a request is looked at at all, before routing and without reading its body: sizes, a well-formed Host that is
 * ours (else a web page could reach us under its own name, by DNS rebinding), and an Origin that is ours or allowed. Pure.
 */
export function admit(request: Request, rules: AdmissionRules): Admission {
  const { headers } = request;
  const host = headers.get("host");
  const error = sizeRefusal(request) ?? hostRefusal(request.url, host, rules);
  if (error !== null) return { kind: "refused", error };
  const origin = headers.get("origin");
  if (origin === null || isOwnOrigin(origin, host ?? "")) return { kind: "admitted", headers: NOTHING };
  if (!rules.allowedOrigins.some((pattern) => matchesOrigin(origin, pattern))) {
    return { kind: "refused", error: originRefusal(origin, rules) };
  }
  if (request.method === "OPTIONS" && headers.has("access-control-request-method")) {
    return { kind: "preflight", status: 204, headers: preflightHeaders(origin, headers) };
  }
  return { kind: "admitted", headers: { ...corsHeaders(origin), "access-control-expose-headers": "*" } };
}

function sizeRefusal({ url, headers }: Request): ClientError | null {
  if (url.length > MAX_URL_LENGTH) {
    return refusal("url_too_long", `The URL is longer than ${MAX_URL_LENGTH} characters.`, { status: 414 });
  }
  let count = 0;
  let bytes = 0;
  headers.forEach((value, name) => {
    count += 1;
    bytes += name.length + value.length;
  });
  if (count <= MAX_HEADERS && bytes <= MAX_HEADER_BYTES) return null;
  const message = `The request has more than ${MAX_HEADERS} headers, or more than ${MAX_HEADER_BYTES} bytes of them.`;
  return refusal("headers_too_large", message, { status: 431 });
}

function hostRefusal(url: string, host: string | null, rules: AdmissionRules): ClientError | null {
  const name = HOST.exec(host ?? "")?.[1]
    ?.toLowerCase()
    .replace(/\.$/, "");
  // Bun builds the URL from the Host header; without a proper one the path could be read differently than it was sent.
  if (name === undefined || !URL.canParse(`http://${host}`) || !/^https?:\/\/[^/?#]+\//.test(url)) {
    return refusal(
      "bad_host",
      "The Host header is missing or malformed. Send the host and port of this server, as in the URL.",
    );
  }
  if (isOwnHost(name, rules)) return null;
  const line = `allowedHosts: ${listWith(rules.allowedHosts, name)}`;
  const message = `This server does not answer to the name ${name}, so that no web page can reach it under a name of its own. If the name is yours, add this line under "server:" in the configuration: ${line}`;
  return refusal("host_not_allowed", message, { status: 403, type: "permission_error" });
}

/** A list for YAML, with one entry more. */
function listWith(entries: readonly string[], entry: string): string {
  return `[${[...entries, entry].map((text) => JSON.stringify(text)).join(", ")}]`;
}

/** An address cannot be rebound, so a listener on every address answers to all of them. */
function isOwnHost(name: string, { boundHost, allowedHosts }: AdmissionRules): boolean {
  if (LOOPBACK.test(name) || name === boundHost.toLowerCase() || name === `[${boundHost.toLowerCase()}]`) return true;
  if (WILDCARD_HOSTS.has(boundHost) && IP_LITERAL.test(name)) return true;
  return allowedHosts.some((pattern) => matchesHost(name, pattern.toLowerCase()));
}

function matchesHost(name: string, pattern: string): boolean {
  if (pattern === "*" || pattern === name) return true;
  return pattern.startsWith("*.") && name.endsWith(pattern.slice(1)) && name.length > pattern.length - 1;
}

function isOwnOrigin(origin: string, host: string): boolean {
  const own = host.toLowerCase();
  return origin === `http://${own}` || origin === `https://${own}`;
}

function matchesOrigin(origin: string, pattern: string): boolean {
  if (pattern === "*" || pattern === origin || pattern === `${origin}/`) return true;
  return pattern.endsWith("://*") && origin.startsWith(pattern.slice(0, -1));
}

function originRefusal(origin: string, rules: AdmissionRules): ClientError {
  const isPrintable = origin === "null" || ORIGIN.test(origin);
  const fix = isPrintable
    ? ` If that page is yours, add this line under "server:" in the configuration: allowedOrigins: ${listWith(rules.allowedOrigins, origin)}`
    : "";
  const message = `A web page from ${isPrintable ? origin : "a malformed origin"} may not use this server.${fix}`;
  return refusal("origin_not_allowed", message, { status: 403, type: "permission_error" });
}

function corsHeaders(origin: string): Record<string, string> {
  return { "access-control-allow-origin": origin, vary: "Origin" };
}

/** Fetch Standard, CORS protocol; private network access as Chromium asks for it. No cookies: they are never a client's credential. */
function preflightHeaders(origin: string, headers: Headers): Record<string, string> {
  const wanted = headers.get("access-control-request-headers") ?? "";
  const isPrivate = headers.get("access-control-request-private-network") === "true";
  return {
    ...corsHeaders(origin),
    "access-control-allow-methods": "GET, HEAD, POST, DELETE, OPTIONS",
    "access-control-max-age": "600",
    ...(/^[\w!#$%&'*+.^`|~, -]{1,4000}$/.test(wanted) ? { "access-control-allow-headers": wanted } : {}),
    ...(isPrivate ? { "access-control-allow-private-network": "true" } : {}),
  };
}
