import { failure, type Result, success } from "../core/result.ts";
import { parseAddress, reasonNotPublic } from "./ip-address.ts";

/** Why bytes could not be had from a URL that a user named. `message` is safe to show: it holds neither query nor credentials. */
export interface EgressFault {
  readonly code:
    | "url_invalid"
    | "url_forbidden"
    | "url_unresolvable"
    | "url_unreachable"
    | "url_status"
    | "url_too_large"
    | "url_timeout"
    | "url_media_type"
    | "url_redirects"
    | "client_left";
  readonly message: string;
}

/** A refusal with its code. */
export function egressFault(code: EgressFault["code"], message: string): EgressFault {
  return { code, message };
}

/** Operator's exceptions to the rules: a host in the own network that images may come from. */
export type EgressException = (address: string, port: number) => boolean;

const MAX_URL_LENGTH = 8192;
const ORDINARY_PORTS = new Set([80, 443]);

/** Names that never lead to a public server: special-use domains (RFC 6761, 6762, 8375, 7686) and clouds' metadata services. */
const FORBIDDEN_NAMES =
  /^(?:metadata|instance-data)$|(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa|onion|invalid|test|example|in-addr\.arpa|ip6\.arpa|nip\.io|sslip\.io|xip\.io|localtest\.me|lvh\.me|vcap\.me)$/;

/** The port a URL leads to. */
export function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

/** The host of a URL without brackets and without the trailing dot of a fully qualified name. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

/** Checks all that a URL says by itself, before any name is resolved. Other spellings of an address are normal form afterwards. */
export function checkUrl(text: string): Result<URL, EgressFault> {
  if (text.length > MAX_URL_LENGTH) {
    return failure(egressFault("url_invalid", `The URL is longer than ${MAX_URL_LENGTH} characters.`));
  }
  // The parser silently removes tabs and line ends and turns backslashes into slashes: two readers would see two URLs.
  const hasOddCharacter = /[\p{Cc}\p{Zs}\\]/u.test(text);
  const url = hasOddCharacter ? null : URL.parse(text);
  if (url === null) return failure(egressFault("url_invalid", "The URL is not valid."));
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return failure(egressFault("url_forbidden", `Only https and http URLs are fetched, not ${url.protocol}`));
  }
  if (url.username !== "" || url.password !== "" || authorityOf(text).includes("@")) {
    return failure(egressFault("url_forbidden", "URLs with a user name or password are not fetched."));
  }
  return checkHost(url);
}

function authorityOf(text: string): string {
  return text.slice(text.indexOf("//") + 2).split(/[/?#]/, 1)[0] ?? "";
}

function checkHost(url: URL): Result<URL, EgressFault> {
  const host = hostOf(url);
  if (parseAddress(host) !== undefined) return success(url);
  const isPlainName = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+$/.test(host) && host.length <= 253;
  if (!isPlainName || FORBIDDEN_NAMES.test(host)) {
    return failure(
      egressFault("url_forbidden", `${host || "A URL without a host"} is not a public host, so it is not fetched.`),
    );
  }
  return success(url);
}

/** Checks every address of a host, and the port. One forbidden address among public ones refuses the whole host. */
export function checkAddresses(
  url: URL,
  addresses: readonly string[],
  isException: EgressException,
): EgressFault | null {
  const port = portOf(url);
  if (addresses.length === 0) return egressFault("url_unresolvable", `${hostOf(url)} has no address.`);
  for (const address of addresses) {
    if (isException(address, port)) continue;
    const reason = reasonNotPublic(address);
    if (reason !== null) {
      return egressFault(
        "url_forbidden",
        `${hostOf(url)} leads to an address that is not public (${reason}), so it is not fetched.`,
      );
    }
    if (!ORDINARY_PORTS.has(port)) {
      return egressFault("url_forbidden", `Only ports 80 and 443 are fetched, not ${port}.`);
    }
  }
  return null;
}
