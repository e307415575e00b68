import type { Fault } from "../core/fault.ts";

/** What ends an attempt when the client goes away. */
export const CLIENT_LEFT: Fault = { kind: "client-left", message: "The client closed the connection." };

/** What ends an attempt when the process stops. */
export const STOPPING: Fault = { kind: "shutdown", message: "Lodestar is stopping." };

/** What an attempt hangs on: its client, the process, and whatever else cuts it. The first to give way names the reason. */
export interface Lifeline {
  /** Aborts when the lifeline is cut. */
  readonly signal: AbortSignal;
  /** Why it was cut; null while it holds. */
  readonly cutFor: Fault | null;
  cut(fault: Fault): void;
  /** Neither the client nor the process matters any more. */
  release(): void;
}

/** Hangs an attempt on the client's signal and the process's. */
export function createLifeline(client: AbortSignal, shutdown: AbortSignal): Lifeline {
  const controller = new AbortController();
  let cutFor: Fault | null = null;
  function cut(fault: Fault): void {
    cutFor ??= fault;
    controller.abort(fault);
  }
  const onClientLeft = (): void => cut(CLIENT_LEFT);
  const onShutdown = (): void => cut(STOPPING);
  client.addEventListener("abort", onClientLeft);
  shutdown.addEventListener("abort", onShutdown);
  if (client.aborted) onClientLeft();
  if (shutdown.aborted) onShutdown();
  return {
    signal: controller.signal,
    get cutFor() {
      return cutFor;
    },
    cut,
    release() {
      client.removeEventListener("abort", onClientLeft);
      shutdown.removeEventListener("abort", onShutdown);
    },
  };
}
