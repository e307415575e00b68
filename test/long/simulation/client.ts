import type { Chance } from "../support/chance.ts";
import type { Lab } from "../support/lab.ts";
import type { SimulatedClock } from "./clock.ts";

/** One simulated client and what came of it. */
export interface SimulatedClient {
  readonly number: number;
  readonly model: string;
  readonly isStream: boolean;
  readonly startsAt: number;
  /** When it goes away, if it does. */
  readonly leavesAt: number | null;
  /** Pause between two reads. */
  readonly readEveryMs: number;
}

/** How an exchange ended, as the client saw it. */
export interface Seen {
  readonly status: number | null;
  readonly text: string;
  readonly hasLeft: boolean;
  readonly endedAt: number;
}

/** Makes one client from chance. */
export function makeClient(number: number, chance: Chance): SimulatedClient {
  const startsAt = chance.below(60_000);
  return {
    number,
    startsAt,
    model: chance.pick(["duo", "duo", "a/m", "b/m"]),
    isStream: chance.is(0.7),
    leavesAt: chance.is(0.25) ? startsAt + chance.below(chance.pick([5, 300, 6_000])) : null,
    readEveryMs: chance.is(0.1) ? chance.pick([100, 1_500]) : 0,
  };
}

function requestOf(client: SimulatedClient, signal: AbortSignal): Request {
  return new Request("http://127.0.0.1:4000/v1/chat/completions", {
    method: "POST",
    headers: { host: "127.0.0.1:4000", "x-session-id": String(client.number) },
    body: JSON.stringify({
      model: client.model,
      stream: client.isStream,
      messages: [{ role: "user", content: "hello" }],
    }),
    signal,
  });
}

function pause(delayMs: number, clock: SimulatedClock): Promise<void> {
  return delayMs === 0 ? Promise.resolve() : new Promise((resolve) => clock.after(delayMs, resolve));
}

/** Sends the request at its time, reads at its speed, leaves at its time. */
export async function runClient(client: SimulatedClient, lab: Lab, clock: SimulatedClock): Promise<Seen> {
  await pause(client.startsAt, clock);
  const controller = new AbortController();
  let reader: { read(): Promise<{ value?: Uint8Array | undefined }>; cancel(): Promise<void> } | null = null;
  let hasLeft = false;
  const leave = (): void => {
    hasLeft = true;
    controller.abort();
    void reader?.cancel();
  };
  const stay = client.leavesAt === null ? () => undefined : clock.after(client.leavesAt - client.startsAt, leave);
  const response = await lab.fetch(requestOf(client, controller.signal));
  let text = "";
  reader = response.body?.getReader() ?? null;
  const decoder = new TextDecoder();
  if (hasLeft) await reader?.cancel();
  while (!hasLeft) {
    const chunk = await reader?.read();
    if (chunk?.value === undefined) break;
    text += decoder.decode(chunk.value, { stream: true });
    await pause(client.readEveryMs, clock);
  }
  stay();
  return { status: response.status, text, hasLeft, endedAt: clock.monotonic() };
}
