import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isInCidr, isLoopbackHost, parseAddress, reasonNotPublic } from "../../src/host/ip-address.ts";
import { FORBIDDEN_IPV4, FORBIDDEN_IPV6 } from "./hostile-urls.ts";

const PUBLIC = [
  "1.1.1.1",
  "8.8.8.8",
  "9.255.255.255",
  "11.0.0.0",
  "100.63.255.255",
  "100.128.0.0",
  "126.255.255.255",
  "128.0.0.0",
  "169.253.255.255",
  "169.255.0.0",
  "172.15.255.255",
  "172.32.0.0",
  "192.0.1.0",
  "192.167.255.255",
  "192.169.0.0",
  "198.17.255.255",
  "198.20.0.0",
  "223.255.255.255",
  "2606:4700::1111",
  "2a00:1450:4001::",
  "2001:4860:4860::8888",
  "2001:200::1",
  "2003::1",
  "3ffe::1",
];

describe("an address", () => {
  for (const address of [...FORBIDDEN_IPV4, ...FORBIDDEN_IPV6]) {
    test(`such as ${address} is not public`, () => expect(reasonNotPublic(address)).toBeString());
  }
  for (const address of PUBLIC) test(`such as ${address} is public`, () => expect(reasonNotPublic(address)).toBeNull());

  const nonsense = [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.-4",
    "::1::",
    "1::2::3",
    ":::",
    "12345::",
    "g::1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8",
    "[::1",
    "::1]",
    "fe80::1%eth0",
    "::1.2.3",
    "1.2.3.4::",
    "::ffff:1.2.3.4:5",
    "name.org",
  ];
  for (const text of nonsense) {
    test(`is not ${JSON.stringify(text)}, which counts as not public`, () => {
      expect(parseAddress(text)).toBeUndefined();
      expect(reasonNotPublic(text)).toBe("not an IP address");
    });
  }

  test("of either kind is read as the URL parser writes it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const isV6 = text.includes(":");
        // The parser refuses a few legal spellings (`::0:0:0:0:0.0.0.0`).
        const normal = URL.parse(`http://${isV6 ? `[${text}]` : text}/`)?.hostname ?? text;
        expect(parseAddress(normal)).toEqual(parseAddress(text) ?? []);
        expect(parseAddress(text)?.length).toBe(isV6 ? 16 : 4);
      }),
    );
  });
});

describe("loopback", () => {
  for (const host of [
    "localhost",
    "LocalHost",
    "localhost.",
    "x.localhost",
    "127.0.0.1",
    "127.9.8.7",
    "[::1]",
    "::1",
  ]) {
    test(`is ${host}`, () => expect(isLoopbackHost(host)).toBe(true));
  }
  for (const host of ["localhost.com", "128.0.0.1", "[::2]", "0.0.0.0", "example.org", "notlocalhost", ""]) {
    test(`is not ${host || "an empty host"}`, () => expect(isLoopbackHost(host)).toBe(false));
  }
});

describe("a block", () => {
  const cases: [string, string, boolean][] = [
    ["10.1.2.3", "10.0.0.0/8", true],
    ["11.1.2.3", "10.0.0.0/8", false],
    ["192.168.1.130", "192.168.1.128/25", true],
    ["192.168.1.127", "192.168.1.128/25", false],
    ["1.2.3.4", "0.0.0.0/0", true],
    ["1.2.3.4", "1.2.3.4/32", true],
    ["fd00::1", "fc00::/7", true],
    ["fe00::1", "fc00::/7", false],
    ["::1", "10.0.0.0/8", false],
    ["1.2.3.4", "1.2.3.4", false],
    ["1.2.3.4", "nonsense/8", false],
    ["name", "0.0.0.0/0", false],
  ];
  for (const [address, cidr, expected] of cases) {
    test(`${cidr} ${expected ? "holds" : "does not hold"} ${address}`, () =>
      expect(isInCidr(address, cidr)).toBe(expected));
  }
});
