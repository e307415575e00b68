import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// One folder for everything that a run of the tests writes, gone when the run ends: thousands of worlds are opened.
const folder = mkdtempSync(join(tmpdir(), "lodestar-test-"));
process.env.TMPDIR = folder;

afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }), 120_000);
