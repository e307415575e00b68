import { type Clock, systemClock } from "../../../src/host/clock.ts";

/** The real clock with every delay a hundredth: patience and back-off in test time. */
export const hastyClock: Clock = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() * 100,
  after: (delayMs, action) => systemClock.after(delayMs / 100, action),
};
