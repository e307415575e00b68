import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStores, type Stores } from "../../src/stores/open.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";

/** A folder of its own that disappears with `using`. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "lodestar-stores-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Opens the stores or fails the test with the fault. */
export function mustOpen(stateDir: string, clock: FakeClock = createFakeClock(0)): Stores {
  const opened = openStores({ stateDir, clock });
  if (!opened.ok) throw new Error(`${opened.error.code}: ${opened.error.message}`);
  return opened.value;
}
