import { failure, type Result, success } from "./result.ts";

/** A machine that is reached by SSH: a name or address, or an alias of the user's ssh configuration. */
export interface SshBox {
  /** Null leaves it to the ssh configuration. */
  readonly user: string | null;
  /** An IPv6 address stands without brackets. */
  readonly host: string;
  /** Null leaves it to the ssh configuration. */
  readonly port: number | null;
}

/** Where a tunnel leads: a port as the box itself sees it. */
export interface SshTarget {
  readonly host: string;
  readonly port: number;
}

/** An `ssh://` URL: the box, the target behind it where one is named, and what follows. */
export interface SshUrl {
  readonly box: SshBox;
  readonly target: SshTarget | null;
  /** The path at the target, with its query; empty or with a leading slash. */
  readonly rest: string;
}

const FORM = "ssh://user@box[:port]/127.0.0.1:11434";
const WHOLE = /^ssh:\/\/([^/?#]*)(?:\/([^/?#]*))?([/?#].*)?$/i;
/** Neither may begin with a dash: ssh would take it for an option. */
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}$/;
const HOST = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/;
const IPV6 = /^[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f.]{0,15}){2,8}$/;
const AUTHORITY = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
const ODD = /[\u0000-\u0020\u007f-\uffff"'`\\]/;

/** Whether a text is meant as an `ssh://` URL, right or wrong. */
export function isSshUrl(url: string): boolean {
  return /^ssh:/i.test(url);
}

function portOf(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

function readPlace(text: string, what: string): Result<{ host: string; port: number | null }, string> {
  const [, name = "", port] = AUTHORITY.exec(text) ?? [];
  const isBracketed = name.startsWith("[");
  const host = isBracketed ? name.slice(1, -1) : name;
  if (!(isBracketed ? IPV6 : HOST).test(host)) return failure(`has no usable ${what}; it is written ${FORM}`);
  if (port === undefined) return success({ host, port: null });
  const number = portOf(port);
  if (number === null) return failure(`has a port of its ${what} that is none (1 to 65535)`);
  return success({ host, port: number });
}

function readBox(text: string): Result<SshBox, string> {
  const at = text.lastIndexOf("@");
  const user = at === -1 ? null : text.slice(0, at);
  if (user?.includes(":")) return failure("must not hold a password; SSH logs in with a key or an agent");
  if (user !== null && !USER.test(user)) return failure("has a user name that is none");
  const place = readPlace(text.slice(at + 1), "host");
  return place.ok ? success({ user, ...place.value }) : place;
}

/**
 * Reads an `ssh://` URL, or says what is wrong with it without repeating it. All its parts are checked, so that none can become an
 * option of ssh or reach a shell as more than a word.
 */
export function parseSshUrl(url: string): Result<SshUrl, string> {
  const match = ODD.test(url) ? null : WHOLE.exec(url);
  if (match === null) return failure(`is no SSH address; it is written ${FORM}`);
  const [, authority = "", place = "", rest = ""] = match;
  const box = readBox(authority);
  if (!box.ok) return box;
  if (place === "" && /^\/./.test(rest)) return failure(`names no port behind the box; it is written ${FORM}`);
  if (place === "") return success({ box: box.value, target: null, rest });
  const target = readPlace(place, "port behind the box");
  if (!target.ok) return target;
  const { host, port } = target.value;
  if (port === null) return failure(`names no port behind the box; it is written ${FORM}`);
  return success({ box: box.value, target: { host, port }, rest });
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** A target as HTTP and `ssh -L` write it: `127.0.0.1:11434`. */
export function targetText({ host, port }: SshTarget): string {
  return `${bracketed(host)}:${port}`;
}

/** A box as a URL: `ssh://user@box:22`. */
export function boxUrl({ user, host, port }: SshBox): string {
  return `ssh://${user === null ? "" : `${user}@`}${bracketed(host)}${port === null ? "" : `:${port}`}`;
}
