/** How the first of several identical requests came out: kept, not kept (it failed, or is none to keep), or its client left. */
export type FlightEnd = "kept" | "lost" | "left";

/** One request that others wait for. */
interface Flight {
  readonly ended: Promise<FlightEnd>;
  readonly end: (how: FlightEnd) => void;
}

/** Identical requests in flight: the first one asks, the others wait for what it gets. */
export interface Flights {
  /** Makes the caller the first; what comes back ends it, once. Null where another one is in flight. */
  lead(digest: string): ((how: FlightEnd) => void) | null;
  /** Waits for the one in flight; null where `signals` end the waiting, or nothing is in flight. */
  follow(digest: string, signals: readonly AbortSignal[]): Promise<FlightEnd | null>;
  has(digest: string): boolean;
  /** The one in flight takes too long: who comes next does not wait for it. */
  forget(digest: string): void;
}

function createFlight(): Flight {
  let end: Flight["end"] = () => undefined;
  const ended = new Promise<FlightEnd>((resolve) => {
    end = resolve;
  });
  return { ended, end };
}

/** No flights yet. */
export function createFlights(): Flights {
  const flights = new Map<string, Flight>();
  return {
    lead(digest) {
      if (flights.has(digest)) return null;
      const flight = createFlight();
      flights.set(digest, flight);
      return (how) => {
        if (flights.get(digest) === flight) flights.delete(digest);
        flight.end(how);
      };
    },
    async follow(digest, signals) {
      const flight = flights.get(digest);
      if (flight === undefined || signals.some(({ aborted }) => aborted)) return null;
      const listening = new AbortController();
      const left = new Promise<null>((resolve) => {
        const options = { once: true, signal: listening.signal };
        for (const signal of signals) signal.addEventListener("abort", () => resolve(null), options);
      });
      const end = await Promise.race([flight.ended, left]);
      listening.abort();
      return end;
    },
    has: (digest) => flights.has(digest),
    forget: (digest) => void flights.delete(digest),
  };
}
