import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseConfig, readConfigFile } from "../../src/config/layer.ts";
import { complaints, makeSandbox } from "./sandbox.ts";

function wrong(text: string): string {
  return complaints(parseConfig(text, "c.yaml"));
}

describe("what a wrong file says", () => {
  test("names an unknown key's line and column and what was meant", () => {
    expect(wrong("server:\n  prot: 1")).toMatchInlineSnapshot(
      `"c.yaml:2:3: server.prot is not a setting. Did you mean "port"?"`,
    );
    expect(wrong("sever: {}")).toMatchInlineSnapshot(`"c.yaml:1:1: sever is not a setting. Did you mean "server"?"`);
  });

  test("lists what is known where nothing is near", () => {
    expect(wrong("breaker: { zzz: 1 }")).toMatchInlineSnapshot(
      `"c.yaml:1:12: breaker.zzz is not a setting. Known here: failures, window, off"`,
    );
  });

  test("says where a section stands that is looked for at the top", () => {
    expect(wrong("rules: []")).toMatchInlineSnapshot(
      `"c.yaml:1:1: rules is not a setting. Write it below \`routing\`, as \`routing: { rules: [...] }\`"`,
    );
  });

  test("says what a value must be and what it is", () => {
    expect(
      wrong("server: { port: abc }\nlog:\n  level: loud\nretries: { attempts: 0 }\nstrict: maybe"),
    ).toMatchInlineSnapshot(`
      "c.yaml:1:17: server.port must be a port from 0 to 65535 (it is "abc"). Change it, or remove it for the default
      c.yaml:3:10: log.level must be debug, info, warn or error (it is "loud"). Change it, or remove it for the default
      c.yaml:4:22: retries.attempts must be a whole number from 1 to 10 (it is 0). Change it, or remove it for the default
      c.yaml:5:9: strict must be true or false (it is "maybe"). Change it, or remove it for the default"
    `);
  });

  test("says once what is wrong in several ways", () => {
    expect(wrong("deadlines: { connect: 10q }").split("\n")).toHaveLength(1);
  });

  test("explains units", () => {
    expect(
      wrong("deadlines: { idle: 10, connect: 30d, headers: 1ms }\nserver: { maxBody: 64 }\nretention: { ledger: 12h }"),
    ).toMatchInlineSnapshot(`
      "c.yaml:1:20: deadlines.idle must be a time with its unit, such as 500ms, 10s, 2m or 1h, and at most 24d (it is 10). Change it, or remove it for the default
      c.yaml:1:33: deadlines.connect must be a time with its unit, such as 500ms, 10s, 2m or 1h, and at most 24d, and at least 10ms (it is "30d"). Change it, or remove it for the default
      c.yaml:1:47: deadlines.headers must be a time with its unit, such as 500ms, 10s, 2m or 1h, and at most 24d, and at least 10ms (it is "1ms"). Change it, or remove it for the default
      c.yaml:2:20: server.maxBody must be a size with its unit, such as 512KB, 64MB or 1GB (it is 64). Change it, or remove it for the default
      c.yaml:3:22: retention.ledger must be whole days, such as 90d (it is "12h"). Change it, or remove it for the default"
    `);
  });

  test("never repeats what may be a secret", () => {
    const text = wrong(
      "providers:\n  a: { key: sk-very-secret }\n  b:\n    baseUrl: https://user:very-secret@host\n    headers: { authorization: very-secret }",
    );
    expect(text).not.toContain("very-secret");
    expect(text).toMatchInlineSnapshot(`
      "c.yaml:2:13: providers.a.key must be env:NAME or file:NAME; the key itself is not written into the configuration. Change it, or remove it for the default
      c.yaml:4:14: providers.b.baseUrl must not hold a user or password; a key belongs in \`key\`. Change it, or remove it for the default
      c.yaml:5:16: providers.b.headers.authorization is a header that Lodestar sends itself; a key belongs in \`key\`. Change it, or remove it for the default"
    `);
  });

  test("names what is missing", () => {
    expect(wrong("providers:\n  a:\n    accounts:\n      - { id: x }")).toMatchInlineSnapshot(
      `"c.yaml:4:9: providers.a.accounts[0].key is missing. Add it"`,
    );
  });

  test("tells a list from a block, at every depth", () => {
    expect(wrong("[1]")).toMatchInlineSnapshot(
      `"c.yaml:1:1: must be a block of \`name: value\` lines, not a list. Remove the brackets or dashes"`,
    );
    expect(wrong("server: []\nproviders:\n  - openai")).toMatchInlineSnapshot(`
      "c.yaml:1:9: server must be a block of \`name: value\` lines, not a list. Remove the brackets or dashes
      c.yaml:3:3: providers must be a block of \`name: value\` lines, not a list. Remove the brackets or dashes"
    `);
    expect(wrong("just text")).toMatchInlineSnapshot(
      `"c.yaml:1:1: must be a block of \`name: value\` lines (it is "just text"). Change it, or remove it for the default"`,
    );
  });

  test("refuses names that would read as something else", () => {
    expect(wrong("providers: { a/b: {} }\naliases: { x/y: openai/z }\nchains: { '': [free] }")).toMatchInlineSnapshot(`
      "c.yaml:1:14: providers.a/b is no valid name: letters, digits, dots and dashes, no slash. Change it, or remove it for the default
      c.yaml:2:12: aliases.x/y is no valid name: letters, digits, dots, dashes and colons, no slash. Change it, or remove it for the default
      c.yaml:3:11: chains. is no valid name: letters, digits, dots, dashes and colons, no slash. Change it, or remove it for the default"
    `);
  });

  test("explains rates", () => {
    expect(wrong("prices: { overrides: { openai/x: { input: cheap, output: { base: 1 } } } }")).toMatchInlineSnapshot(`
      "c.yaml:1:43: prices.overrides.openai/x.input must be USD per million tokens: a number, or { base, tiers: [{ above, price }] } (it is "cheap"). Change it, or remove it for the default
      c.yaml:1:58: prices.overrides.openai/x.output must be USD per million tokens: a number, or { base, tiers: [{ above, price }] }. Change it, or remove it for the default"
    `);
  });
});

describe("what is not YAML, or not safe", () => {
  test.each([
    [
      "a key twice",
      "server: {}\nserver: {}",
      'c.yaml:2:1: the key "server" stands twice in one block. Keep one of the two',
    ],
    [
      "a tab",
      "server:\n\tport: 1",
      "c.yaml:2:1: is not valid YAML: Tabs are not allowed as indentation. Indent with spaces",
    ],
    [
      "two documents",
      "strict: true\n---\nstrict: false",
      "c.yaml:2:1: is not valid YAML: more than one YAML document. Remove the `---` line in the middle; one file holds one configuration",
    ],
    [
      "a half-written quote",
      'server: { host: "127',
      'c.yaml:1:21: is not valid YAML: Missing closing "quote. Close the quote or bracket; the file may be half written',
    ],
    [
      "an unsafe key",
      "aliases:\n  __proto__: x",
      'c.yaml:2:3: the key "__proto__" is not allowed. Choose another name',
    ],
    ["another unsafe key", "constructor: {}", 'c.yaml:1:1: the key "constructor" is not allowed. Choose another name'],
    ["a reference to nothing", "strict: *x", "c.yaml:1:9: *x refers to no anchor. Quote the value if it starts with *"],
    ["a key that is a block", "? { a: b }\n: 1", "c.yaml:1:3: a key must be plain text. Write `name: value`"],
    [
      "an unknown tag",
      "strict: !x true",
      "c.yaml:1:9: is not valid YAML: Unresolved tag: !x. Remove the `!` tag, or put the value in quotes",
    ],
  ])("%s is refused at its place", (_, text, message) => {
    expect(wrong(text).split("\n")[0]).toBe(message);
  });

  test("endless nesting and multiplying references are refused, not followed", () => {
    expect(wrong("[".repeat(100_000))).toContain("c.yaml:1:");
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
    for (let level = 1; level < 12; level++) {
      const name = String.fromCharCode(97 + level);
      const last = String.fromCharCode(96 + level);
      bomb.push(`${name}: &${name} [${`*${last},`.repeat(9)}]`);
    }
    expect(wrong(bomb.join("\n"))).toContain("refers to itself too often");
  });

  test("a file of more than a mebibyte is refused unread", () => {
    expect(wrong(`# ${"x".repeat(1_048_577)}`)).toContain("is larger than 1048576 bytes");
  });
});

describe("files", () => {
  test("a missing file is no problem, a folder and bytes that are no text are", () => {
    const sandbox = makeSandbox();
    expect(readConfigFile(`${sandbox.home}/none.yaml`)).toEqual({ ok: true, value: null });
    expect(complaints(readConfigFile(sandbox.home))).toContain("cannot be read (EISDIR). Name a regular file");
    const file = `${sandbox.home}/latin.yaml`;
    Bun.write(file, new Uint8Array([0x61, 0x3a, 0x20, 0xff]));
    expect(complaints(readConfigFile(file))).toBe("latin.yaml: is not UTF-8 text. Save it as UTF-8");
  });

  test("an empty file, a comment and empty sections are the defaults", () => {
    for (const text of ["", "# nothing\n", "---\n", "server:\nproviders:\n  ollama:\nchains:\n"]) {
      expect(parseConfig(text, "c.yaml").ok).toBe(true);
    }
  });

  test("a file with a byte order mark and Windows line ends is read", () => {
    expect(parseConfig("\uFEFFserver:\r\n  port: 1\r\n", "c.yaml")).toMatchObject({
      ok: true,
      value: { config: { server: { port: 1 } } },
    });
  });

  test("anchors may be used", () => {
    const parsed = parseConfig("chains:\n  a: &x [free]\n  b: *x\n", "c.yaml");
    expect(parsed).toMatchObject({ ok: true, value: { config: { chains: { a: ["free"], b: ["free"] } } } });
  });
});

describe("whatever the text", () => {
  const names = fc.constantFrom("server", "port", "providers", "lab", "key", "chains", "accounts", "total", "x", "0");
  const values = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom("env:X", "none", "10s"),
  );
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 5 },
      values,
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(names, tie("node"), { maxKeys: 4 }),
    ),
  })).node;

  function hasPlace(text: string): void {
    const parsed = parseConfig(text, "c.yaml");
    if (parsed.ok) return;
    expect(parsed.error.length).toBeGreaterThan(0);
    for (const problem of parsed.error) {
      expect(problem.line).toBeGreaterThan(0);
      expect(problem.line).toBeLessThanOrEqual(text.split("\n").length + 1);
      expect(problem.column).toBeGreaterThan(0);
      expect(problem.message.length + problem.fix.length).toBeGreaterThan(5);
    }
  }

  test("it is read or refused with places, and never throws", () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), hasPlace), { numRuns: 300 });
  });

  test("so it is with any structure", () => {
    fc.assert(
      fc.property(tree, (value) => hasPlace(JSON.stringify(value))),
      { numRuns: 300 },
    );
  });

  test("and with a good file cut anywhere", async () => {
    const text = await Bun.file("config/lodestar.example.yaml").text();
    fc.assert(
      fc.property(fc.nat(text.length), (length) => hasPlace(text.slice(0, length))),
      { numRuns: 100 },
    );
  });
});
