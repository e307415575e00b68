import { createAvailabilityBook } from "../../../src/gateway/availability.ts";
import { systemClock } from "../../../src/host/clock.ts";
import { openHealthHistory } from "../../../src/stores/health-history.ts";
import { intentOf, outcomeOf } from "../attempts.ts";

/** Notes calls without end, and says how many are written. To be killed. */
const [stateDir = ""] = process.argv.slice(2);
const store = openHealthHistory({ stateDir });
if (!store.ok) throw new Error(store.error.message);
let waiting = 0;
let written = 0;
const counting = {
  ...store.value,
  add: (buckets: Parameters<typeof store.value.add>[0]) => {
    store.value.add(buckets);
    written += waiting;
    waiting = 0;
    console.log(`written ${written}`);
  },
};
const book = createAvailabilityBook(counting, systemClock, { write: () => undefined });
setInterval(() => {
  for (let call = 0; call < 20; call += 1) {
    const at = Date.now();
    waiting += 1;
    book.note({
      event: "settled",
      at,
      intent: intentOf({ startedAt: at - 5 }),
      outcome: outcomeOf({ endedAt: at, fault: null }),
    });
  }
}, 5);
