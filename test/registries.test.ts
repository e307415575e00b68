import { expect, test } from "bun:test";
import { generateAll, staleFiles } from "../scripts/generate.ts";

test("every generated file is fresh", async () => {
  const stale = (await staleFiles()).map(({ path }) => path);
  expect(stale, "run `npm run generate` and commit the result").toEqual([]);
});

test("generators are deterministic and do not write the same file", async () => {
  const [first, second] = [await generateAll(), await generateAll()];
  expect(second).toEqual(first);
  const paths = first.map(({ path }) => path);
  expect(paths.toSorted()).toEqual([...new Set(paths)].sort());
  expect(paths).toEqual(
    expect.arrayContaining(["src/cli/_all.ts", "src/providers/_all.ts", "config/systemd/lodestar.service"]),
  );
});
