import { failure, type Result, success } from "../core/result.ts";
import { isInCidr, isLoopbackHost } from "./ip-address.ts";

/** The proxy a URL goes through, or null for a direct connection. */
export type ProxyFor = (url: URL) => string | null;

type Environment = Readonly<Record<string, string | undefined>>;

/** Lower case wins, as in curl. */
function read(env: Environment, name: string): string {
  return env[name.toLowerCase()] || env[name] || "";
}

/**
 * Proxies as the environment names them: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, with the exceptions of `NO_PROXY` (names with
 * all below them, addresses, blocks, an optional port, `*`). This machine itself is never reached through a proxy. The error of
 * a malformed value names the variable and not the value, which may hold a password.
 */
export function proxyFromEnvironment(env: Environment): Result<ProxyFor, string> {
  const proxies: Record<string, string> = {};
  for (const [protocol, name] of [
    ["https:", "HTTPS_PROXY"],
    ["http:", "HTTP_PROXY"],
  ] as const) {
    const text = read(env, name) || read(env, "ALL_PROXY");
    if (text === "") continue;
    const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      return failure(
        `${read(env, name) === "" ? "ALL_PROXY" : name} is not the URL of an HTTP proxy. Write it as http://host:port.`,
      );
    }
    proxies[protocol] = url.href;
  }
  const exceptions = read(env, "NO_PROXY")
    .split(/[\s,]+/)
    .filter((entry) => entry !== "");
  return success((url) => {
    const proxy = proxies[url.protocol];
    if (proxy === undefined || isLoopbackHost(url.hostname)) return null;
    return exceptions.some((entry) => matches(url, entry)) ? null : proxy;
  });
}

function matches(url: URL, entry: string): boolean {
  if (entry === "*") return true;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (entry.includes("/")) return isInCidr(host, entry);
  const [, name = entry, port] = /^(.*?):(\d+)$/.exec(entry.includes("::") ? "" : entry) ?? [];
  const effectivePort = url.port || (url.protocol === "https:" ? "443" : "80");
  if (port !== undefined && port !== effectivePort) return false;
  const suffix = name
    .toLowerCase()
    .replace(/^\*?\./, "")
    .replace(/^\[|\]$/g, "");
  return host === suffix || host.endsWith(`.${suffix}`);
}
