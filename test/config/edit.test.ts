import { describe, expect, test } from "bun:test";
import { chmodSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { addProvider, removeProvider, writeConfigFile } from "../../src/config/edit.ts";
import { exampleConfig, INITIAL_CONFIG } from "../../src/config/init.ts";
import { parseConfig } from "../../src/config/layer.ts";
import { complaints, loaded, makeSandbox } from "./sandbox.ts";

const FILE = "c.yaml";
const LAB = { dialect: "openai-chat", baseUrl: "http://lab/v1" };

function added(text: string, name = "lab", block: Readonly<Record<string, unknown>> = LAB): string {
  const result = addProvider(text, FILE, name, block);
  if (!result.ok) throw new Error(complaints(result));
  return result.value;
}

describe("adding a provider", () => {
  test("keeps comments and order", () => {
    const text =
      "# mine\nproviders:\n  # first\n  deepseek: { key: env:D } # inline\n\n# ports\nserver:\n  port: 4001 # not 4000\n";
    expect(added(text)).toMatchInlineSnapshot(`
      "# mine
      providers:
        # first
        deepseek: { key: env:D } # inline
        lab:
          dialect: openai-chat
          baseUrl: http://lab/v1

      # ports
      server:
        port: 4001 # not 4000
      "
    `);
  });

  test.each([
    ["an empty file", ""],
    ["a file of comments", "# only this\n"],
    ["an empty section", "providers:\n"],
    ["a file without the section", "strict: true\n"],
    ["the file that init writes", INITIAL_CONFIG],
  ])("works on %s", (_, text) => {
    const parsed = parseConfig(added(text), FILE);
    expect(parsed).toMatchObject({ ok: true, value: { config: { providers: { lab: LAB } } } });
  });

  test("replaces a block of the same name", () => {
    const twice = added(added("strict: true\n"), "lab", { baseUrl: "http://other/v1" });
    expect(parseConfig(twice, FILE)).toMatchObject({
      value: { config: { providers: { lab: { baseUrl: "http://other/v1" } } } },
    });
    expect(twice.match(/lab/g)).toHaveLength(1);
  });

  test("refuses a block that would not load, and a file that does not", () => {
    expect(complaints(addProvider("", FILE, "lab", { baseUrl: "lab" }))).toContain(
      "providers.lab.baseUrl must be a URL",
    );
    expect(complaints(addProvider("a: [", FILE, "lab", LAB))).toContain("is not valid YAML");
    expect(complaints(addProvider("", FILE, "a/b", LAB))).toContain("is no valid name");
  });
});

describe("removing a provider", () => {
  test("undoes adding it", () => {
    const names = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
    fc.assert(
      fc.property(names, (name) => {
        const base = "# top\nproviders:\n  openai: { key: env:X } # stays\nserver:\n  port: 1 # end\n";
        fc.pre(name !== "openai");
        const result = removeProvider(added(base, name), FILE, name);
        expect(result).toEqual({ ok: true, value: base });
      }),
      { numRuns: 30 },
    );
  });

  test("of a name that is not there changes nothing", () => {
    expect(removeProvider("strict: true\n", FILE, "lab")).toEqual({ ok: true, value: "strict: true\n" });
  });
});

describe("writing the file", () => {
  test("makes folders, is private when new, keeps the mode it had, and leaves nothing else behind", () => {
    const file = join(makeSandbox().home, "new", "folder", "config.yaml");
    writeConfigFile(file, "strict: true\n");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(file, 0o644);
    writeConfigFile(file, "strict: false\n");
    expect(readFileSync(file, "utf8")).toBe("strict: false\n");
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(readdirSync(dirname(file))).toEqual(["config.yaml"]);
  });
});

describe("the file that init writes", () => {
  test("changes nothing until it is edited", () => {
    const plain = loaded(makeSandbox().load());
    const initial = loaded(makeSandbox(INITIAL_CONFIG).load());
    expect<unknown>({ ...initial.settings, file: null }).toEqual(plain.settings);
  });

  test("holds only settings that load once they are switched on, and shows the true defaults", () => {
    const example = makeSandbox(exampleConfig());
    for (const name of ["work-1", "work-2"]) example.write(`.config/lodestar/${name}.key`, "key-1234567890");
    const load = loaded(example.load({ DEEPSEEK_API_KEY: "sk-1234567890" }));
    const { deadlines, retries, breaker, retention, local, log, isStrict } = loaded(makeSandbox().load()).settings;
    expect(load.settings).toMatchObject({ deadlines, retries, breaker, retention, local, log, isStrict });
    expect(load.settings.providers.map((entry) => entry.provider.id)).toEqual([
      "deepseek",
      "work-openai",
      "anthropic",
      "lab",
      "ollama",
    ]);
    expect(load.findings.filter((finding) => finding.level === "warning")).toEqual([]);
  });
});
