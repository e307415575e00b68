import { boxUrl, isSshUrl, parseSshUrl } from "../core/ssh-address.ts";

/** Where Ollama listens by default. */
const DEFAULT_PORT = "11434";

/** What `OLLAMA_HOST` says: the base URL to call, and what was odd about it, for people. */
export interface OllamaHost {
  readonly baseUrl: string;
  readonly note: string | null;
}

function splitHostPort(text: string): { host: string; port: string | null } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) return { host: `[${bracketed[1]}]`, port: bracketed[2] ?? null };
  const colons = text.split(":").length - 1;
  if (colons > 1) return { host: `[${text}]`, port: null };
  const [host = "", port = null] = text.split(":");
  return { host, port };
}

/** An address to listen on as one to call: "any address" means this machine. */
function callable(host: string): string {
  if (host === "" || host === "0.0.0.0") return "127.0.0.1";
  return host === "[::]" || host === "[]" ? "[::1]" : host;
}

/** A box that is reached by SSH: its Ollama listens where Ollama does by default. What is wrong with it is told where URLs are checked. */
function throughSsh(text: string): string {
  const parsed = parseSshUrl(text.replace(/\/+$/, ""));
  const isBare = parsed.ok && parsed.value.target === null && parsed.value.rest === "";
  return isBare ? `${boxUrl(parsed.value.box)}/127.0.0.1:${DEFAULT_PORT}` : text.replace(/\/+$/, "");
}

/**
 * Reads `OLLAMA_HOST` in every form Ollama takes: `host`, `host:port`, `:port`, an IPv6 address, a URL with or without
 * a port and path. A URL's default port is its scheme's, all others' 11434; an invalid port counts as the default one,
 * as in Ollama itself. Beyond that, `ssh://user@box` leads through a tunnel. Source: `Host()` in envconfig/config.go of Ollama.
 */
export function parseOllamaHost(value: string): OllamaHost {
  const text = value.trim().replace(/^(["'])(.*)\1$/, "$2");
  if (isSshUrl(text)) return { baseUrl: throughSsh(text), note: null };
  const scheme = /^(https?):\/\//i.exec(text)?.[1]?.toLowerCase() ?? "http";
  const rest = text.replace(/^[a-z]+:\/\//i, "");
  const hasScheme = rest !== text;
  const [hostPort = "", ...path] = rest.split("/");
  const { host, port } = splitHostPort(hostPort);
  const isPort = port !== null && /^\d{1,5}$/.test(port) && Number(port) <= 65_535 && Number(port) > 0;
  const fallback = hasScheme ? (scheme === "https" ? "443" : "80") : DEFAULT_PORT;
  const suffix = path.join("/").replace(/\/+$/, "");
  const url = text.includes("@")
    ? null
    : URL.parse(`${scheme}://${callable(host)}:${isPort ? port : fallback}/${suffix}`);
  if (url === null || url.search !== "" || url.hash !== "") {
    return { baseUrl: `http://127.0.0.1:${DEFAULT_PORT}`, note: "OLLAMA_HOST is no host or URL; the default is used" };
  }
  const note = port !== null && !isPort ? `OLLAMA_HOST has an invalid port; ${fallback} is used` : null;
  return { baseUrl: url.href.replace(/\/+$/, ""), note };
}
