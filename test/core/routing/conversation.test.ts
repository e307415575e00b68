import { describe, expect, test } from "bun:test";
import {
  type Conversation,
  cachedTokens,
  conversationId,
  createConversations,
  isNewStall,
} from "../../../src/core/routing/conversation.ts";

const NOW = 1_800_000_000_000;
const KNOWN: Conversation = { target: "p/m", taskClass: "general", inputTokens: 1_000, at: NOW, stall: null };

describe("what is remembered of conversations", () => {
  test("is there for an hour", () => {
    const conversations = createConversations();
    conversations.note("a", KNOWN);
    expect(conversations.find("a", NOW + 3_600_000)).toEqual(KNOWN);
    expect(conversations.find("a", NOW + 3_600_001)).toBeNull();
    expect(conversations.find("b", NOW)).toBeNull();
  });

  test("is bounded: those not used for longest go first", () => {
    const conversations = createConversations();
    for (let index = 0; index < 2_000; index += 1) conversations.note(`${index}`, KNOWN);
    conversations.note("0", KNOWN);
    conversations.note("2000", KNOWN);
    expect(conversations.find("0", NOW)).not.toBeNull();
    expect(conversations.find("1", NOW)).toBeNull();
  });
});

test("a provider's cache holds what it read last, for five minutes, and never more than is sent", () => {
  expect(cachedTokens(null, 500, NOW)).toBe(0);
  expect(cachedTokens(KNOWN, 500, NOW)).toBe(500);
  expect(cachedTokens(KNOWN, 5_000, NOW + 300_000)).toBe(1_000);
  expect(cachedTokens(KNOWN, 5_000, NOW + 300_001)).toBe(0);
});

describe("a stall", () => {
  const failed = (timesInARow: number, signature = "edit 1") => ({ name: "edit", signature, timesInARow });
  const after = { ...KNOWN, stall: { signature: "edit 1", timesInARow: 3 } };
  const cases = [
    ["no failing call", null, null, false],
    ["two failures", failed(2), null, false],
    ["three failures", failed(3), null, true],
    ["the same three, of which the model was changed already", failed(3), after, false],
    ["two more after that", failed(5), after, false],
    ["three more after that", failed(6), after, true],
    ["three of another call", failed(3, "edit 2"), after, true],
  ] as const;
  for (const [what, calls, conversation, isStall] of cases) {
    test(`${isStall ? "is" : "is not"} ${what}`, () => expect(isNewStall(calls, conversation)).toBe(isStall));
  }
});

test("a conversation is its key's, its project's and its session's own", () => {
  const caller = { keyId: "k1", project: null, session: "s" };
  const ids = [caller, { ...caller, keyId: null }, { ...caller, project: "s" }, { ...caller, session: "t" }].map(
    (one) => conversationId(one, "content"),
  );
  expect(new Set([...ids, conversationId(caller, "other")]).size).toBe(5);
});
