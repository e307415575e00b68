import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  badness,
  evidenceFor,
  failedNames,
  tellVerdict,
  withEvidence,
} from "../../../../src/core/routing/verify/evidence-note.ts";
import { CHECK_NAMES, type CheckResult, type Verdict } from "../../../../src/core/routing/verify/verdict.ts";
import { ask, said } from "./asking.ts";

function verdictOf(...failed: readonly (readonly [name: CheckResult["name"], evidence: string])[]): Verdict {
  const checks = failed.map(([name, evidence]) => ({ name, evidence, isPassed: false }));
  return { isGood: false, checks: [{ name: "empty", isPassed: true, evidence: null }, ...checks] };
}

describe("what was wrong with an answer", () => {
  test("is told to the next model only where it helps", () => {
    expect(evidenceFor(verdictOf(["json", "it is none"], ["language", "in German"]))).toBe("it is none");
    expect(evidenceFor(verdictOf(["cut-off", "it was cut off"], ["refusal", "refused"]))).toBeNull();
  });

  test("is told to nobody with words of the answer", () => {
    const names = fc.constantFrom(...CHECK_NAMES);
    fc.assert(
      fc.property(names, fc.string({ minLength: 1, unit: "grapheme" }), (name, text) => {
        const secret = `SECRET${text}SECRET`;
        const verdict = verdictOf([name, `it says ${JSON.stringify(secret)}, and ends`]);
        expect(tellVerdict(verdict)).not.toContain("SECRET");
        expect(evidenceFor(verdict) ?? "").not.toContain("SECRET");
        expect(tellVerdict(verdict)).toBe(`${name} (it says "…", and ends)`);
      }),
    );
  });

  test("is short, however much there is of it", () => {
    expect(evidenceFor(verdictOf(["judge", "bad ".repeat(500)]))?.length).toBe(400);
  });

  test("stands at the end of a request, whose beginning stays as it is", () => {
    const request = ask("x", { messages: [said("system", "Be short."), said("user", "Give JSON.")] });
    const { messages, ...rest } = withEvidence(request, "it is none");
    expect(messages.slice(0, 2)).toEqual([...request.messages]);
    expect(messages).toHaveLength(3);
    expect(messages[2]?.parts[0]).toMatchObject({ text: expect.stringContaining("because it is none.") });
    expect(rest).toEqual({ model: "m", stream: false });
  });

  test("is not put behind a turn that the assistant is to go on with", () => {
    const request = ask("x", { messages: [said("user", "Give JSON."), said("assistant", "{")] });
    expect(withEvidence(request, "it is none")).toBe(request);
    const nothing = ask("x", { messages: [] });
    expect(withEvidence(nothing, "it is none")).toBe(nothing);
  });

  test("makes the better of two: fewer failures, and anything before nothing", () => {
    const two = verdictOf(["json", "a"], ["lazy", "b"]);
    expect(failedNames(two)).toEqual(["json", "lazy"]);
    expect(badness(verdictOf(["json", "a"]))).toBeLessThan(badness(two));
    expect(badness(two)).toBeLessThan(
      badness({ isGood: false, checks: [{ name: "empty", isPassed: false, evidence: "" }] }),
    );
  });
});
