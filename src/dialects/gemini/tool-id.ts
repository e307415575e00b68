const MINTED = "gemini_call_";

/**
 * An id for a call that came without one. `seed` tells one answer or turn from another; the same bytes always mint the same
 * id. Letters, digits, `_` and `-` only, which every dialect accepts.
 */
export function mintToolCallId(seed: string, ordinal: number): string {
  const safe = seed.replace(/[^A-Za-z0-9_-]/g, "").slice(-40);
  return `${MINTED}${safe === "" ? "" : `${safe}_`}${ordinal}`;
}

/** Whether an id is one of ours, so that it is not written where none was read. */
export function isMintedId(id: string): boolean {
  return id.startsWith(MINTED);
}

/** A call that waits for its result. */
export interface PendingCall {
  readonly id: string;
  readonly name: string;
}

/**
 * The call a result without an id belongs to: the first of that name that has none yet, else (a client that names its results
 * otherwise) the first of all; undefined when no call waits.
 */
export function matchPending(pending: readonly PendingCall[], name: string): PendingCall | undefined {
  return pending.find((call) => call.name === name) ?? pending[0];
}
