import { systemClock } from "../../../src/host/clock.ts";
import { openStores } from "../../../src/stores/open.ts";
import { intentOf, outcomeOf, PRICE } from "../attempts.ts";

const stateDir = process.argv[2] ?? "";
const round = process.argv[3] ?? "";
const opened = openStores({ stateDir, clock: systemClock });
if (!opened.ok) throw new Error(opened.error.message);
const { ledger } = opened.value;
console.log(`closed ${ledger.closeOpenIntents(Date.now())}`);

/** Writes until it is killed, saying how far it surely got; every third attempt is left open. */
for (let number = 0; ; number += 1) {
  const requestId = `${round}-${number}`;
  ledger.reserve(intentOf({ requestId }));
  if (number % 3 !== 0) ledger.settle(outcomeOf({ requestId }), PRICE);
  if (number % 20 === 19) {
    await ledger.flush();
    console.log(`committed ${number}`);
  }
}
