import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { locateTopLevelMembers, replaceTopLevelMember, setTopLevelMember } from "../../src/dialects/patch.ts";

interface Scenario {
  readonly title: string;
  readonly text: string;
  readonly replaced: string;
  readonly set: string;
}

const SCENARIOS: readonly Scenario[] = [
  { title: "a plain member", text: '{"model":"a","x":1}', replaced: '{"model":"Z","x":1}', set: '{"model":"Z","x":1}' },
  {
    title: "white space of every kind around it",
    text: '\r\n { "model"\t:\n"a" , "x" : 1 } \n',
    replaced: '\r\n { "model"\t:\n"Z" , "x" : 1 } \n',
    set: '\r\n { "model"\t:\n"Z" , "x" : 1 } \n',
  },
  { title: "an empty object", text: "{ }", replaced: "{ }", set: '{ "model":"Z"}' },
  { title: "an absent member", text: '{"x":1}\n', replaced: '{"x":1}\n', set: '{"x":1,"model":"Z"}\n' },
  {
    title: "a nested member of the same name",
    text: '{"x":{"model":"a"},"y":[{"model":"b"}],"model":{"model":1}}',
    replaced: '{"x":{"model":"a"},"y":[{"model":"b"}],"model":"Z"}',
    set: '{"x":{"model":"a"},"y":[{"model":"b"}],"model":"Z"}',
  },
  {
    title: "a string that looks like the member",
    text: '{"x":"\\"model\\":\\"a\\"","model":"a\\\\"}',
    replaced: '{"x":"\\"model\\":\\"a\\"","model":"Z"}',
    set: '{"x":"\\"model\\":\\"a\\"","model":"Z"}',
  },
  {
    title: "duplicates, of which the last counts",
    text: '{"model":"a","x":1,"model":"b"}',
    replaced: '{"model":"a","x":1,"model":"Z"}',
    set: '{"model":"a","x":1,"model":"Z"}',
  },
  {
    title: "a duplicate written with escapes",
    text: '{"model":"a","\\u006dodel":null}',
    replaced: '{"model":"a","\\u006dodel":"Z"}',
    set: '{"model":"a","\\u006dodel":"Z"}',
  },
  { title: "a number at the very end", text: '{"model":-1.5e3}', replaced: '{"model":"Z"}', set: '{"model":"Z"}' },
  { title: "a literal before white space", text: '{"model":true }', replaced: '{"model":"Z" }', set: '{"model":"Z" }' },
  {
    title: "a list",
    text: '{"model":["]",{"a":"}"}],"x":0}',
    replaced: '{"model":"Z","x":0}',
    set: '{"model":"Z","x":0}',
  },
];

describe("patching one member of a JSON body", () => {
  for (const { title, text, replaced, set } of SCENARIOS) {
    test(`exchanges ${title} and nothing else`, () => {
      expect(replaceTopLevelMember(text, "model", '"Z"')).toBe(replaced);
      expect(setTopLevelMember(text, "model", '"Z"')).toBe(set);
      expect((JSON.parse(set) as { model: unknown }).model).toBe("Z");
    });
  }

  test("locates several members at once and leaves out those that are missing", () => {
    const text = '{"stream":true,"messages":[{"role":"user"}],"model":"m"}';
    const spans = locateTopLevelMembers(text, ["model", "stream", "user"]);
    const found = [...spans].map(([key, { valueStart, valueEnd }]) => [key, text.slice(valueStart, valueEnd)]);
    expect(found).toEqual([
      ["stream", "true"],
      ["model", '"m"'],
    ]);
  });

  test.each(["[1]", "", "null", '"x"'])("refuses %p, which is not an object", (text) => {
    expect(() => replaceTopLevelMember(text, "model", "1")).toThrow("not a JSON object");
  });

  test.each(['{"a', '{"a":"b', '{"a":"b\\"', '{"a":[1', '{"a":12'])("refuses %p, which is cut", (text) => {
    expect(() => replaceTopLevelMember(text, "model", "1")).toThrow("unterminated");
  });
});

const KEYS = ["model", "stream", 'a"b', "ключ", "\\", "", "mo\u0000del", "__proto__"];
const key = fc.oneof(fc.constantFrom(...KEYS), fc.string({ unit: "binary" }));
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: fc.constantFrom('"', "\\", "{", "}", "[", ",", "x") }),
);
const space = fc.constantFrom("", " ", "\n", "\t ", "\r\n  ");

/** A key as JSON text, each letter perhaps by its escape. */
function spell(name: string, isEscaped: boolean): string {
  if (!isEscaped) return JSON.stringify(name);
  const escaped = [...Array(name.length).keys()].map(
    (index) => `\\u${name.charCodeAt(index).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped.join("")}"`;
}

const member = fc.record({ key, value, isEscaped: fc.boolean(), before: space, after: space });
const body = fc.record({ members: fc.array(member, { maxLength: 8 }), lead: space, tail: space });

function render({ members, lead, tail }: typeof body extends fc.Arbitrary<infer Body> ? Body : never): string {
  const inside = members
    .map((entry) => `${entry.before}${spell(entry.key, entry.isEscaped)}${entry.after}:${JSON.stringify(entry.value)}`)
    .join(",");
  return `${lead}{${inside}${tail}}${tail}`;
}

function entriesOf(text: string): Map<string, unknown> {
  const object = JSON.parse(text) as Record<string, unknown>;
  return new Map(Object.keys(object).map((name) => [name, Object.getOwnPropertyDescriptor(object, name)?.value]));
}

describe("patching any body", () => {
  test("parses to the same object with that member exchanged", () => {
    fc.assert(
      fc.property(body, key, value, (shape, name, next) => {
        const text = render(shape);
        const expected = entriesOf(text);
        const hadMember = expected.has(name);
        const wanted = JSON.parse(JSON.stringify(next)) as unknown;
        const set = entriesOf(setTopLevelMember(text, name, JSON.stringify(next)));
        const replaced = entriesOf(replaceTopLevelMember(text, name, JSON.stringify(next)));
        if (hadMember) expect(replaced).toEqual(new Map(expected).set(name, wanted));
        else expect(replaced).toEqual(expected);
        expect(set).toEqual(new Map(expected).set(name, wanted));
      }),
      { numRuns: 400 },
    );
  });

  test("leaves every byte outside the value as it was", () => {
    fc.assert(
      fc.property(body, key, (shape, name) => {
        const text = render(shape);
        const span = locateTopLevelMembers(text, [name]).get(name);
        const patched = replaceTopLevelMember(text, name, '"\u2603"');
        if (span === undefined) return expect(patched).toBe(text);
        expect(patched).toBe(`${text.slice(0, span.valueStart)}"\u2603"${text.slice(span.valueEnd)}`);
        expect(replaceTopLevelMember(patched, name, text.slice(span.valueStart, span.valueEnd))).toBe(text);
      }),
      { numRuns: 400 },
    );
  });
});
