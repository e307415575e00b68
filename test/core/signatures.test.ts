import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/core/json.ts";
import type { ChatRequest, Message, Part } from "../../src/core/request.ts";
import { hasSignatures, isSignatureRefusal, withoutSignatures } from "../../src/core/signatures.ts";

const ASK: Message = { role: "user", parts: [{ type: "text", text: "hi" }] };

function conversation(...parts: readonly Part[]): ChatRequest {
  return { model: "m", stream: false, messages: [ASK, { role: "assistant", parts }, ASK] };
}

const TEXT: Part = { type: "text", text: "said" };
const CALL: Part = { type: "tool-call", id: "c", name: "f", arguments: "{}" };
const THOUGHT: Part = { type: "reasoning", text: "hm" };
const TOKEN = { thoughtSignature: "c2ln" };
const onGemini = (verbatim: JsonObject): Part => {
  return { type: "text", text: "drawn", extra: { dialect: "gemini", fields: { a: 1 }, verbatim } };
};
const opaque = (json: JsonObject): Part => ({ type: "opaque", dialect: "gemini", json });
const EXTRA = { dialect: "openai-responses", fields: {}, verbatim: { item: { id: "rs_1" } } } as const;

describe("a conversation for a provider that did not mint its signatures", () => {
  const cases: readonly (readonly [title: string, part: Part, left: readonly Part[]])[] = [
    ["keeps what is signed thinking as plain thinking", { ...THOUGHT, signature: "s" }, [THOUGHT]],
    ["keeps thinking whose signature is empty as plain thinking", { ...THOUGHT, signature: "" }, [THOUGHT]],
    ["keeps the text of thinking that is sealed too", { ...THOUGHT, encrypted: "e", extra: EXTRA }, [THOUGHT]],
    ["loses thinking that is nothing but sealed", { type: "reasoning", text: "", encrypted: "e" }, []],
    ["loses thinking that is nothing but signed", { type: "reasoning", text: "", signature: "s" }, []],
    ["keeps a signed call without its signature", { ...CALL, signature: "s" }, [CALL]],
    ["keeps a text without Gemini's token on it", onGemini(TOKEN), [onGemini({})]],
    ["keeps a part that only Gemini knows, without its token", opaque({ a: 1, ...TOKEN }), [opaque({ a: 1 })]],
  ];
  for (const [title, part, left] of cases) {
    test(title, () => {
      const signed = conversation(part, TEXT);
      expect(hasSignatures(signed)).toBe(true);
      expect(withoutSignatures(signed)).toEqual(conversation(...left, TEXT));
      expect(hasSignatures(withoutSignatures(signed))).toBe(false);
    });
  }

  test("loses a turn of which nothing is left", () => {
    const { messages } = withoutSignatures(conversation({ type: "reasoning", text: "", encrypted: "e" }));
    expect(messages).toEqual([ASK, ASK]);
  });

  test("is the same where nothing is signed", () => {
    const plain = conversation(THOUGHT, CALL, TEXT);
    expect(hasSignatures(plain)).toBe(false);
    expect(withoutSignatures(plain)).toEqual(plain);
  });
});

describe("a refusal over a signature", () => {
  const refusals: readonly (readonly [message: string, expected: boolean])[] = [
    ["messages.1.content.0: Invalid `signature` in `thinking` block", true],
    ["The encrypted content gAAA could not be verified.", true],
    ["Unable to verify encrypted_content", true],
    ["Thought signature is not valid.", true],
    ["max_tokens: must be positive", false],
  ];
  for (const [message, expected] of refusals) {
    test(`${expected ? "is" : "is not"} "${message}"`, () => {
      expect(isSignatureRefusal({ kind: "bad-request", status: 400, message })).toBe(expected);
      expect(isSignatureRefusal({ kind: "upstream-error", message })).toBe(false);
    });
  }
});
