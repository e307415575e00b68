/** An IP address as its bytes: 4 or 16 of them. */
export type AddressBytes = readonly number[];

/** Reads `1.2.3.4`; `undefined` for anything else, short and octal forms included (the URL parser has resolved those). */
function parseIpv4(text: string): AddressBytes | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

/** Groups of 16 bits; the last one of a whole address may be a dotted IPv4 address. */
function hexGroups(text: string, isLast: boolean): AddressBytes | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    const tail = isLast && index === groups.length - 1 && group.includes(".") ? parseIpv4(group) : undefined;
    if (tail === undefined && !/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
    const value = Number.parseInt(group, 16);
    bytes.push(...(tail ?? [value >> 8, value & 255]));
  }
  return bytes;
}

/** Reads an IPv6 address as RFC 4291 section 2.2 writes it, without zone. */
function parseIpv6(text: string): AddressBytes | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => hexGroups(half, index === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 16 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])];
}

/** Reads an IP address, brackets around an IPv6 one allowed; `undefined` when the text is a name or nonsense. */
export function parseAddress(text: string): AddressBytes | undefined {
  const isBracketed = text.startsWith("[") && text.endsWith("]");
  if (isBracketed) return parseIpv6(text.slice(1, -1));
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

interface Block {
  readonly bytes: AddressBytes;
  readonly bits: number;
  readonly what: string;
}

function block(prefix: string, bits: number, what: string): Block {
  return { bytes: parseAddress(prefix) ?? [], bits, what };
}

/** IANA IPv4 Special-Purpose Address Registry, and multicast. */
const IPV4_BLOCKS: readonly Block[] = [
  block("0.0.0.0", 8, "this network"),
  block("10.0.0.0", 8, "private"),
  block("100.64.0.0", 10, "carrier-grade NAT"),
  block("127.0.0.0", 8, "loopback"),
  block("169.254.0.0", 16, "link-local"),
  block("172.16.0.0", 12, "private"),
  block("192.0.0.0", 24, "protocol assignments"),
  block("192.0.2.0", 24, "documentation"),
  block("192.31.196.0", 24, "AS112"),
  block("192.52.193.0", 24, "AMT"),
  block("192.88.99.0", 24, "6to4 relay"),
  block("192.168.0.0", 16, "private"),
  block("192.175.48.0", 24, "AS112"),
  block("198.18.0.0", 15, "benchmarking"),
  block("198.51.100.0", 24, "documentation"),
  block("203.0.113.0", 24, "documentation"),
  block("168.63.129.16", 32, "cloud metadata"),
  block("224.0.0.0", 4, "multicast"),
  block("240.0.0.0", 4, "reserved"),
];

/** IANA IPv6 Special-Purpose Address Registry: what is not public inside global unicast, 2000::/3. */
const IPV6_BLOCKS: readonly Block[] = [
  block("2001::", 23, "protocol assignments"),
  block("2001:db8::", 32, "documentation"),
  block("2002::", 16, "6to4"),
  block("2620:4f:8000::", 48, "AS112"),
  block("3fff::", 20, "documentation"),
];

/** Names for the rest, so that a refusal says more than "not public". */
const IPV6_NAMES: readonly Block[] = [
  block("::1", 128, "loopback"),
  block("::", 128, "unspecified"),
  block("::ffff:0:0", 96, "IPv4-mapped"),
  block("64:ff9b::", 32, "NAT64"),
  block("fc00::", 7, "unique local"),
  block("fe80::", 10, "link-local"),
  block("ff00::", 8, "multicast"),
];

const GLOBAL_UNICAST = block("2000::", 3, "global unicast");

function isInside(address: AddressBytes, { bytes, bits }: Block): boolean {
  if (address.length !== bytes.length) return false;
  return bytes.every((byte, index) => {
    const left = Math.min(8, Math.max(0, bits - index * 8));
    const mask = 256 - 2 ** (8 - left);
    return ((address[index] ?? 0) & mask) === (byte & mask);
  });
}

/**
 * Why an address must not be reached on a user's word, or null when it is public. IPv6 addresses that carry an IPv4 one
 * (mapped, NAT64, 6to4) are refused whatever they carry: no public server is named by one.
 */
export function reasonNotPublic(text: string): string | null {
  const address = parseAddress(text);
  if (address === undefined) return "not an IP address";
  if (address.length === 4) return IPV4_BLOCKS.find((candidate) => isInside(address, candidate))?.what ?? null;
  if (isInside(address, GLOBAL_UNICAST))
    return IPV6_BLOCKS.find((candidate) => isInside(address, candidate))?.what ?? null;
  return IPV6_NAMES.find((candidate) => isInside(address, candidate))?.what ?? "not global unicast";
}

const LOOPBACK: readonly Block[] = [block("127.0.0.0", 8, "loopback"), block("::1", 128, "loopback")];

/** Whether a host, as it stands in a URL, is this machine itself: `localhost`, names below it, and loopback addresses. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  const address = parseAddress(name);
  return address !== undefined && LOOPBACK.some((candidate) => isInside(address, candidate));
}

/** Whether an address lies in a block such as `10.0.0.0/8`; false when either is malformed. */
export function isInCidr(text: string, cidr: string): boolean {
  const [prefix = "", bits = ""] = cidr.split("/");
  const address = parseAddress(text);
  if (address === undefined || !/^\d{1,3}$/.test(bits)) return false;
  return isInside(address, block(prefix, Number(bits), ""));
}
