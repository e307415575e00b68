import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readIntoPageCache } from "../../src/host/page-cache.ts";

const folder = mkdtempSync(join(tmpdir(), "lodestar-page-cache-"));
const file = join(folder, "blob");
writeFileSync(file, new Uint8Array(9 * 1024 * 1024));
const huge = join(folder, "huge");
writeFileSync(huge, "");
truncateSync(huge, 2 ** 43);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("reading a file ahead", () => {
  test("reads all of it", async () => {
    expect(await readIntoPageCache(file, new AbortController().signal)).toBe(true);
  });

  test("ends where it is broken off", async () => {
    expect(await readIntoPageCache(file, AbortSignal.abort())).toBe(false);
  });

  test("leaves what is larger than half of the free memory, and what is not there", async () => {
    expect(await readIntoPageCache(huge, new AbortController().signal)).toBe(false);
    expect(await readIntoPageCache(join(folder, "none"), new AbortController().signal)).toBe(false);
  });
});
