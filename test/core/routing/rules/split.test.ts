import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Rule } from "../../../../src/core/routing/rules/rule.ts";
import { placeOf } from "../../../../src/core/routing/rules/share.ts";
import { ask, goTo, rule } from "./rules.ts";

function split(name: string, shares: readonly (readonly [percent: number, target: string])[]): Rule {
  const to = {
    kind: "split",
    shares: shares.map(([percent, target]) => ({ percent, via: "target" as const, names: [target] })),
  } as const;
  return { ...rule(name), actions: { ...goTo(), to } };
}

/** Two-sided interval of a share of n draws at five standard deviations: one wrong alarm in two million. */
function bounds(share: number, n: number): readonly [number, number] {
  const width = 5 * Math.sqrt((share * (1 - share)) / n);
  return [share - width, share + width];
}

const N = 20_000;

function sharesOf(rules: readonly Rule[], keyOf: (index: number) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let index = 0; index < N; index++) {
    const verdict = ask(rules, { conversation: keyOf(index) });
    const where = verdict.names?.join() ?? "policy";
    counts.set(where, (counts.get(where) ?? 0) + 1);
  }
  return new Map([...counts].map(([where, count]) => [where, count / N]));
}

describe("a split", () => {
  test.each([
    ["numbers", (index: number) => String(index)],
    ["hashes", (index: number) => Bun.hash(String(index)).toString(16)],
    ["long texts that differ at their end", (index: number) => `${"the same words ".repeat(20)}${index}`],
  ])("gives each share what it says, whatever conversations are called: %s", (_, keyOf) => {
    const shares = sharesOf(
      [
        split("s", [
          [70, "a"],
          [25, "b"],
          [0.5, "c"],
        ]),
      ],
      keyOf,
    );
    for (const [where, wanted] of [
      ["a", 0.7],
      ["b", 0.25],
      ["c", 0.005],
      ["policy", 0.045],
    ] as const) {
      const [low, high] = bounds(wanted, N);
      expect(shares.get(where)).toBeWithin(low, high);
    }
  });

  test("hands what is left over to the next rule, of which each share is one of the rest", () => {
    const shares = sharesOf([split("first", [[50, "a"]]), split("second", [[50, "b"]]), rule("last")], String);
    for (const [where, wanted] of [
      ["a", 0.5],
      ["b", 0.25],
      ["lab/last", 0.25],
    ] as const) {
      const [low, high] = bounds(wanted, N);
      expect(shares.get(where)).toBeWithin(low, high);
    }
  });

  test("always puts a conversation into the same share", () => {
    const rules = [
      split("s", [
        [50, "a"],
        [50, "b"],
      ]),
    ];
    fc.assert(
      fc.property(fc.string(), fc.nat(), (conversation, tokens) => {
        const first = ask(rules, { conversation }).names;
        expect(ask(rules, { conversation, tokens, task: "bug_fix" }).names).toEqual(first);
      }),
    );
  });

  test("keeps a conversation where it was when a share grows at the expense of the one behind it", () => {
    const before = [
      split("s", [
        [10, "a"],
        [90, "b"],
      ]),
    ];
    const after = [
      split("s", [
        [20, "a"],
        [80, "b"],
      ]),
    ];
    for (let index = 0; index < 2_000; index++) {
      const conversation = String(index);
      if (ask(before, { conversation }).names?.[0] === "a") expect(ask(after, { conversation }).names).toEqual(["a"]);
    }
  });

  test("tells the place of the conversation where it is left out", () => {
    const place = placeOf("s", "k");
    expect(place).toBeWithin(0, 100);
    const verdict = ask([split("s", [[Math.floor(place), "a"]])], { conversation: "k" });
    expect(verdict.explain()[0]?.reasons).toEqual([
      `split is the conversation's place ${place.toFixed(2)}, wanted below ${Math.floor(place)} of 100`,
    ]);
  });
});
