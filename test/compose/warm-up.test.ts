import { expect, test } from "bun:test";
import { hasRoomToWarm } from "../../src/compose/warm-up.ts";

const MIB = 1024 * 1024;
const HERE = "http://127.0.0.1:11434";
const ELSEWHERE = "ssh://me@box/127.0.0.1:11434";

test.each([
  ["no card: the processor is enough", HERE, "last-used", false, null, true],
  ["a driver that has not told yet", HERE, "last-used", null, null, false],
  ["a card whose other users are unknown", HERE, ["a:1b"], true, null, false],
  ["a card with a desktop on it", HERE, "last-used", true, 512 * MIB, true],
  ["a card with a game on it", HERE, ["a:1b"], true, 513 * MIB, false],
  ["the card of another machine", ELSEWHERE, "last-used", false, null, false],
  ["the card of another machine, for a model that was named", ELSEWHERE, ["a:1b"], true, 513 * MIB, true],
] as const)("room to warm up: %s", (_case, baseUrl, wanted, hasCards, foreignBytes, expected) => {
  const gpu = { hasCards: () => hasCards, foreignBytes: () => foreignBytes };
  expect(hasRoomToWarm(gpu, baseUrl, wanted)).toBe(expected);
});
