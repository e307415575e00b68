/** Waits for a promise, or returns null as soon as the signal says so; leaves nothing on the signal. */
export function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value | null> {
  const { promise: result, resolve, reject } = Promise.withResolvers<Value | null>();
  const stop = (): void => resolve(null);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  promise.then(resolve, reject);
  return result.finally(() => signal.removeEventListener("abort", stop));
}

/** Waits so long, or until the signal says so. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  await orAborted(promise, signal);
  clearTimeout(timer);
}
