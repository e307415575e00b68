import { describe, expect, test } from "bun:test";
import { generateConfigDocs } from "../../scripts/generate/config-docs.ts";
import schema from "../../src/config/schema.gen.json" with { type: "json" };

describe("the generated reference", () => {
  const files = new Map(generateConfigDocs().map((file) => [file.path, file.text]));

  test("describes every setting", () => {
    const page = files.get("docs/config.md") ?? "";
    const rows = page.split("\n").filter((line) => line.startsWith("| `"));
    expect(rows.length).toBeGreaterThan(60);
    expect(rows.filter((line) => /^\| `[^|]+\|\s*\|/.test(line))).toEqual([]);
  });

  test("gives editors a schema that knows units and refuses unknown names", () => {
    expect(JSON.parse(files.get("docs/config.schema.json") ?? "")).toEqual(schema);
    expect(schema).toMatchObject({ title: "Lodestar configuration", additionalProperties: false });
    expect(JSON.stringify(schema)).toContain("(?:ms|s|m|h|d)$");
  });
});
