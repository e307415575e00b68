import { createMemoryLedger } from "../../src/stores/memory/ledger.ts";
import { ledgerContract } from "./contract.ts";
import { mustOpen, temporaryFolder } from "./temporary.ts";

ledgerContract("memory", (clock) => {
  const ledger = createMemoryLedger(clock);
  return { ledger, [Symbol.dispose]: () => ledger.close() };
});

ledgerContract("SQLite", (clock) => {
  const folder = temporaryFolder();
  const stores = mustOpen(folder.path, clock);
  return {
    ledger: stores.ledger,
    [Symbol.dispose]: () => {
      stores.close();
      folder[Symbol.dispose]();
    },
  };
});
