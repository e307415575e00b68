import { type Clock, systemClock } from "../../../src/host/clock.ts";

/** The real clock with every delay a twentieth: patience and back-off in test time. */
export const hastyClock: Clock = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() * 20,
  after: (delayMs, action) => systemClock.after(delayMs / 20, action),
};
