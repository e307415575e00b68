import { expect, test } from "bun:test";
import { fnv1a } from "../../src/core/fnv.ts";

test.each([
  ["", 0x811c9dc5],
  ["a", 0xe40c292c],
  ["foobar", 0xbf9cf968],
] as const)("the hash of %j is that of the published test vectors", (text, hash) => {
  expect(fnv1a(text)).toBe(hash);
});
