import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { VERDICTS } from "../../../src/core/rating/vote.ts";
import { evidenceOf } from "../../../src/core/tournament/evidence.ts";
import { familyOf, tellsItsAuthor } from "../../../src/core/tournament/identity.ts";
import { judgeReport, mirrored, readVerdict, verdictOfBoth } from "../../../src/core/tournament/judging.ts";
import { isDecided, nextPairing, type PairingQuestion, pairingKey } from "../../../src/core/tournament/pairing.ts";
import type { Match, TournamentPrompt } from "../../../src/core/tournament/tournament.ts";

function match(more: Partial<Match>): Match {
  return {
    tournament: "t",
    prompt: "p",
    taskClass: "general",
    left: "a/x",
    right: "b/y",
    winner: "left",
    voter: "you",
    kind: "person",
    at: 0,
    isConsistent: null,
    ...more,
  };
}

describe("a judge's answer", () => {
  test.each([
    ['{"winner": "A"}', "left"],
    ['{"reason": "x", "winner": "b"}', "right"],
    ['```json\n{"winner": "tie"}\n```', "tie"],
    ['Well. {"winner": "both_bad"} That is it.', "both_bad"],
    ['{"winner": "Answer A"}', "left"],
    ['{"reason": "she said "no"", "winner": "B"}', "right"],
    ['{"winner": "constructor"}', null],
    ["A", null],
    ["", null],
  ])("%j says %p", (text, verdict) => {
    expect(readVerdict(text)).toBe(verdict as never);
  });

  test("both orders count only where they agree", () => {
    for (const first of VERDICTS)
      for (const second of VERDICTS) {
        const { winner, isConsistent } = verdictOfBoth(first, second);
        expect(isConsistent).toBe(first === mirrored(second));
        expect(winner).toBe(isConsistent ? first : "tie");
      }
  });
});

test("a report holds a judge against people, its own family and length", () => {
  const judge = { voter: "judge:lab/x-large", kind: "judge" } as const;
  const matches = ["1", "2", "3", "4"].flatMap((prompt) => [
    match({ ...judge, prompt, isConsistent: prompt !== "4", winner: prompt === "4" ? "tie" : "left" }),
    match({ prompt, left: "b/y", right: "a/x", winner: "right" }),
  ]);
  const report = judgeReport("judge:lab/x-large", matches, (_match, side) => (side === "left" ? 10 : 5));
  expect(report).toMatchObject({ matches: 4, consistent: { share: 0.75 }, longerWins: { share: 1, n: 3 } });
  expect(report.ownFamily).toMatchObject([{ model: "a/x", wins: { share: 1, n: 3 } }]);
  // Three of four things are alike, on sides that were exchanged.
  expect(report.agreement?.matches).toBe(4);
});

describe("who wrote an answer", () => {
  test.each([
    ["I am Qwen, a model.", true],
    ["I'm an AI assistant called Claude.", true],
    ["As ChatGPT, I cannot.", true],
    ["I was developed by OpenAI.", true],
    ["As an AI language model from Mistral AI I think", true],
    ["Use the Claude API or OpenAI's.", false],
    ["The code was made by hand.", false],
    ["I am sure this works.", false],
  ])("%j: %p", (answer, tells) => {
    expect(tellsItsAuthor(answer, "hi")).toBe(tells);
  });

  test("what the prompt says itself gives nobody away", () => {
    expect(tellsItsAuthor("It was developed by OpenAI.", "Was Whisper developed by OpenAI?")).toBe(false);
  });

  test.each([
    ["ollama/qwen2.5-coder:7b", "qwen"],
    ["openrouter/qwen/qwen3", "qwen"],
    ["anthropic/claude-sonnet-4-5", "claude"],
    ["7b", "7b"],
  ])("%s is of the family %s", (model, family) => {
    expect(familyOf(model)).toBe(family);
  });
});

describe("the next pairing", () => {
  const prompts: readonly TournamentPrompt[] = ["1", "2", "3"].map((id) => ({
    id,
    taskClass: "general",
    text: id,
    check: null,
  }));
  const models = ["a", "b", "c"];
  const ask = (more: Partial<PairingQuestion>) =>
    nextPairing({
      tournament: { models, prompts },
      matches: [],
      isDone: () => false,
      costOf: () => 0,
      hasAnswer: () => true,
      isOut: () => false,
      ...more,
    });

  test("takes prompts whose answers are there first", () => {
    expect(ask({ hasAnswer: ({ id }) => id === "2" })?.prompt.id).toBe("2");
  });

  test("leaves out what cannot be compared or was done", () => {
    expect(ask({ isOut: (_prompt, model) => model === "a" })?.models).toEqual(["b", "c"]);
    expect(ask({ isDone: () => true })).toBeNull();
  });

  test("takes the prompt that was compared least", () => {
    const matches = ["1", "2"].map((prompt) => match({ prompt, left: "a", right: "b", winner: "tie" }));
    expect(ask({ matches })?.prompt.id).toBe("3");
  });

  test("prefers the cheaper pair where nothing else tells them apart", () => {
    expect(ask({ costOf: (model) => (model === "c" ? 100 : 1) })?.models).toEqual(["a", "b"]);
  });

  test("has one name whatever the sides", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(pairingKey("p", [one, other])).toBe(pairingKey("p", [other, one]));
      }),
    );
  });

  test("nothing is decided by few votes, nor by none", () => {
    const wins = (count: number) => Array.from({ length: count }, () => match({ left: "a", right: "b" }));
    expect([0, 2, 60].map((count) => isDecided({ models: ["a", "b"] }, wins(count)))).toEqual([false, false, true]);
  });
});

describe("votes as evidence", () => {
  test("one piece for each answer and voter: the mean of what it got", () => {
    const matches = [
      match({ left: "a", right: "b", winner: "left" }),
      match({ left: "a", right: "c", winner: "tie" }),
      match({ left: "b", right: "c", winner: "both_bad", voter: "judge:j", kind: "judge" }),
    ];
    const pieces = evidenceOf(matches, (_prompt, model) => (model === "gone" ? null : `req_${model}`));
    expect(pieces.map(({ model, voter, kind, score }) => [model, voter, kind, score])).toEqual([
      ["a", "you", "vote", 0.75],
      ["b", "you", "vote", 0],
      ["c", "you", "vote", 0.5],
      ["b", "judge:j", "verdict", 0],
      ["c", "judge:j", "verdict", 0],
    ]);
  });

  test("an answer whose request is not known gives none", () => {
    expect(evidenceOf([match({})], () => null)).toEqual([]);
  });
});
