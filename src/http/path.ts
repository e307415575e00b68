/** Roots that stand without `/v1` in front of them. */
const BARE_ROOTS = /^\/(?:api|v1beta|livez|readyz)(?:\/|$)/;

/** OpenAI and Anthropic paths below `/v1`. */
const VERSIONED = /^\/(?:chat|completions|embeddings|messages|models|responses|generation|key|images)(?:\/|$)/;

/**
 * The one form of a path, however a client joined its base URL: without a trailing slash, with `/v1` once where it belongs.
 * `/v1/v1/messages/`, `/messages` and `/v1/messages` are the same; so are `/v1/api/chat` and `/api/chat`.
 */
export function canonicalPath(path: string): string {
  const compact = path.replace(/\/{2,}/g, "/").replace(/\/+$/, "");
  if (compact === "") return "/";
  const rest = compact.replace(/^(?:\/v1)+(?=\/|$)/, "");
  if (BARE_ROOTS.test(rest)) return rest;
  if (VERSIONED.test(rest)) return `/v1${rest}`;
  return rest === "" ? "/v1" : compact;
}

/** Path of a URL without parsing all of it; `/` where there is none. */
export function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  if (start === -1) return "/";
  const query = url.indexOf("?", start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}
