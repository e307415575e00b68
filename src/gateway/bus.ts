import type { LodestarEvent } from "../core/event.ts";

/** The one stream of everything that happens. */
export interface Bus {
  emit(event: LodestarEvent): void;
  /** Calls `listener` for every event from now on; the returned function ends that. A listener that throws is dropped. */
  subscribe(listener: (event: LodestarEvent) => void): () => void;
}

/** A synchronous in-process bus. */
export function createBus(): Bus {
  const listeners = new Set<(event: LodestarEvent) => void>();
  return {
    emit(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch {
          listeners.delete(listener);
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
