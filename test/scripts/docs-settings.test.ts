import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/step.ts";
import { parseConfig } from "../../src/config/layer.ts";
import { parseProjectFile } from "../../src/config/project-file.ts";

/** Every YAML block of the documentation, and where it stands. */
const BLOCKS = ["README.md", ...new Bun.Glob("docs/*.md").scanSync(ROOT)].sort().flatMap((page) =>
  [...readFileSync(join(ROOT, page), "utf8").matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text = ""], index) => ({
    name: `${page}, block ${index + 1}`,
    text,
  })),
);

test.each(BLOCKS)("$name holds settings that are taken", ({ name, text }) => {
  const read = text.startsWith("name: ") ? parseProjectFile(text, "/src/shop/.lodestar.yaml") : parseConfig(text, name);
  expect(read.ok ? [] : read.error).toEqual([]);
});

test("the documentation shows settings", () => {
  expect(BLOCKS.length).toBeGreaterThan(15);
});
