/** One at a time, in the order of asking. */
export interface Turns {
  /** Resolves when it is one's turn, with what ends it; null for one that left while it waited. */
  take(signal: AbortSignal): Promise<(() => void) | null>;
  /** How many have a turn or wait for one. */
  count(): number;
}

/** Nobody has a turn yet. */
export function createTurns(): Turns {
  const line: { readonly begin: () => void }[] = [];
  function leave(entry: (typeof line)[number]): void {
    const index = line.indexOf(entry);
    if (index === -1) return;
    line.splice(index, 1);
    if (index === 0) line[0]?.begin();
  }
  return {
    count: () => line.length,
    take(signal) {
      if (signal.aborted) return Promise.resolve(null);
      return new Promise((resolve) => {
        const onAbort = (): void => {
          leave(entry);
          resolve(null);
        };
        const entry = {
          begin() {
            signal.removeEventListener("abort", onAbort);
            resolve(() => leave(entry));
          },
        };
        signal.addEventListener("abort", onAbort, { once: true });
        line.push(entry);
        if (line.length === 1) entry.begin();
      });
    },
  };
}
