import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Borders, withinBorders } from "../../src/core/borders.ts";
import type { Candidate, Directory } from "../../src/core/directory.ts";
import { targetName } from "../../src/core/target.ts";

const NOWHERE: Directory = { sources: [], unconfigured: [], aliases: {}, chains: {}, pullHint: "" };

function candidate(name: string): Candidate {
  const [provider = "", ...model] = name.split("/");
  return { provider, model: model.join("/"), reason: "" };
}

function borders(allowedModels: readonly string[], models?: readonly (readonly string[])[]): Borders {
  const project = models === undefined ? {} : { project: { models, userDirectory: NOWHERE } };
  return { requested: "coder", allowedModels, ...project };
}

function allowed(names: readonly string[], meant: readonly string[], within: Borders): readonly string[] | string {
  const result = withinBorders(names.map(candidate), meant.map(candidate), within);
  return result.ok ? result.value.map(targetName) : result.error.message;
}

describe("what a request may use", () => {
  const ALL = ["a/one", "b/two", "c/a/one"];

  test.each<[string, Borders, readonly string[] | string]>([
    ["everything, where nobody says anything", borders([]), ALL],
    ["everything of a project without a list", borders([], []), ALL],
    ["what the key's patterns match", borders(["a/*"]), ["a/one"]],
    ["a model by its own name", borders(["two"]), ["b/two"]],
    ["all that a name in the key's list leads to", borders(["coder"]), ALL],
    ["what each of the project's lists matches", borders([], [["a/*", "b/*"], ["*/two"]]), ["b/two"]],
    ["what key and project both match", borders(["a/*", "b/*"], [["b/*", "c/*"]]), ["b/two"]],
    ["nothing of the key's", borders(["x/*"], [["a/*"]]), 'This key may not use "coder". It may use: x/*.'],
    [
      "nothing that is in both lists of the project",
      borders([], [["a/*"], ["b/*"]]),
      'This project may not use "coder". It may use: a/*; of these only b/*.',
    ],
  ])("is %s", (_, within, expected) => expect(allowed(ALL, ALL, within)).toEqual(expected));

  test.each<[string, boolean]>([
    ["ollama/*", false],
    ["*", true],
    ["ollama/*cloud", true],
    ["ollama/big:cloud", true],
    ["ollama/big*", false],
  ])(
    "reaches Ollama's cloud by %p: %p, for a pattern over an engine means what stays on this machine",
    (pattern, may) => {
      const names = ["ollama/big:cloud"];
      expect(Array.isArray(allowed(names, [], borders([pattern])))).toBe(may);
      expect(Array.isArray(allowed(names, [], borders([], [[pattern]])))).toBe(may);
      expect(allowed(["ollama/small:1b"], [], borders(["ollama/*"]))).toEqual(["ollama/small:1b"]);
    },
  );

  test("by a name in the key's list is only what the user's own configuration means by it", () => {
    expect(allowed(["b/two", "a/one"], ["a/one"], borders(["coder"], []))).toEqual(["a/one"]);
    expect(allowed(["b/two"], ["a/one"], borders(["coder"], []))).toContain("This key may not use");
    expect(allowed(["b/two"], ["a/one"], borders(["coder", "b/*"], []))).toEqual(["b/two"]);
  });

  test("never grows by what a project says", () => {
    const names = fc.uniqueArray(fc.constantFrom("a/x", "a/y", "b/x", "b/y", "c/z"), { minLength: 1 });
    const patterns = fc.array(fc.constantFrom("a/*", "b/*", "*/x", "y", "coder", "c/z"), { maxLength: 3 });
    fc.assert(
      fc.property(names, names, patterns, fc.array(patterns, { maxLength: 2 }), (leads, meant, ofKey, lists) => {
        const without = allowed(meant, meant, borders(ofKey));
        const within = allowed(leads, meant, borders(ofKey, lists));
        if (typeof within === "string") return;
        for (const name of within) {
          const isOwnName = typeof without !== "string" && without.includes(name);
          const isByItself = typeof allowed([name], [], borders(ofKey, [])) !== "string";
          expect(isOwnName || isByItself).toBe(true);
        }
      }),
    );
  });
});
