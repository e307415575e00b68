import { describe, expect, test } from "bun:test";
import { type NewRule, removeRule, setRule } from "../../src/config/edit.ts";

const RULE: NewRule = { name: "r", tags: ["recommended"], when: { task: "bug_fix" }, do: { target: "a/b" } };
const WRITTEN = "- { name: r, tags: [ recommended ], when: { task: bug_fix }, do: { target: a/b } }";

function must(edited: ReturnType<typeof setRule>): string {
  if (!edited.ok) throw new Error(JSON.stringify(edited.error));
  return edited.value;
}

const FILES: readonly (readonly [what: string, text: string])[] = [
  ["a file without routing", "# mine\nserver: { port: 4100 }\n"],
  ["a routing section without rules", "routing:\n  dial: 3 # careful\n"],
  ["rules of one's own", "routing:\n  rules:\n    # first\n    - { name: mine, do: { floor: 0.5 } } # last\n"],
];

describe("a rule in the configuration file", () => {
  test.each(FILES)("goes into %s and out again, byte for byte", (_what, text) => {
    const added = must(setRule(text, "c.yaml", RULE));
    expect(added).toContain(WRITTEN);
    for (const line of text.split("\n")) expect(added).toContain(line);
    expect(must(removeRule(added, "c.yaml", "r")).trim()).toBe(text.trim());
  });

  test("begins a file, and leaves one that asks for nothing", () => {
    const added = must(setRule("", "c.yaml", RULE));
    expect(added).toContain(WRITTEN);
    expect(must(removeRule(added, "c.yaml", "r"))).toBe("{}\n");
    expect(must(setRule("{}\n", "c.yaml", RULE))).toContain("name: r");
  });

  test("takes the place of the one of its name, where that stands", () => {
    const text = `routing:\n  rules:\n    ${WRITTEN}\n    - { name: other, do: { floor: 0.5 } }\n`;
    const changed = must(setRule(text, "c.yaml", { ...RULE, do: { chain: ["a/b", "c/d"] } }));
    expect(changed).toBe(text.replace("{ target: a/b }", "{ chain: [ a/b, c/d ] }"));
    expect(must(setRule(changed, "c.yaml", { ...RULE, do: { chain: ["a/b", "c/d"] } }))).toBe(changed);
  });

  test("that is not there changes nothing when it is removed", () => {
    for (const [, text] of FILES) expect(must(removeRule(text, "c.yaml", "r"))).toBe(text);
  });

  test("is not written into a file that would not load", () => {
    expect(setRule("routing: { dial: 99 }\n", "c.yaml", RULE)).toMatchObject({ ok: false });
  });
});
