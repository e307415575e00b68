import type { LedgerRow } from "../../../src/core/ledger.ts";
import { openStoreReaders } from "../../../src/stores/open.ts";
import type { LedgerFilter } from "../../../src/stores/ports.ts";

/** The committed rows of a state directory, with or without a daemon on it. */
export function readRows(stateDir: string, filter: LedgerFilter = {}): readonly LedgerRow[] {
  const opened = openStoreReaders({ stateDir });
  if (!opened.ok) throw new Error(opened.error.message);
  const rows = [...opened.value.ledger.query(filter)];
  opened.value.close();
  return rows;
}
