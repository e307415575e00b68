import { describe, expect, test } from "bun:test";
import type { Fault } from "../../src/core/fault.ts";
import type { Attempt } from "../../src/gateway/attempt.ts";
import type { Route } from "../../src/gateway/endpoint.ts";
import type { Services } from "../../src/gateway/services.ts";
import { openFeed, type UpstreamFeed } from "../../src/gateway/upstream-feed.ts";
import type { UpstreamReply } from "../../src/host/upstream/upstream.ts";

const RESET: Fault = { kind: "truncated", message: "broke off" };
const DEADLINES = { firstTokenMs: 1_000, idleMs: 1_000, totalMs: null };

/** A feed over an upstream that sends these chunks and then ends or breaks; `reads` counts how often it was asked. */
function world(chunks: readonly Uint8Array[], ending: "end" | "break") {
  const seen = { reads: 0, isCancelled: false };
  const waiting = [...chunks];
  const reply: Pick<UpstreamReply, "reader" | "faultOf" | "cancel"> = {
    reader: () => ({
      async read() {
        seen.reads += 1;
        const value = waiting.shift();
        if (value === undefined && ending === "break") throw new Error("reset");
        return { value };
      },
    }),
    faultOf: () => RESET,
    cancel() {
      seen.isCancelled = true;
    },
  };
  const services = {
    settings: () => ({ deadlines: DEADLINES }),
    clock: { monotonic: () => 0 },
    watchdog: { add: () => undefined, remove: () => undefined },
  };
  // The parts of each that a feed uses.
  const feed = openFeed(
    { startedAt: 0, explain: (fault: Fault) => fault, abort: () => undefined } as unknown as Attempt,
    { dialect: { framing: "sse" } } as unknown as Route,
    reply as UpstreamReply,
    services as unknown as Services,
  );
  return { feed, seen };
}

function eventsOf(count: number): { readonly bytes: Uint8Array; readonly data: readonly string[] } {
  const data = Array.from({ length: count }, (_, index) => `${index} ${"é".repeat(index % 97)}`);
  return { bytes: new TextEncoder().encode(data.map((text) => `data: ${text}\n\n`).join("")), data };
}

async function readAll(feed: UpstreamFeed) {
  const sizes: number[] = [];
  const data: string[] = [];
  for (;;) {
    const step = await feed.read();
    const texts = step.frames.map(({ event }) => event.data);
    sizes.push(Buffer.byteLength(texts.join("")));
    data.push(...texts);
    if (step.isLast || step.fault !== null) return { sizes, data, fault: step.fault };
  }
}

describe("what an upstream sends at once", () => {
  test("is taken in small pieces, every event whole and in its order, and asked for only once", async () => {
    const { bytes, data } = eventsOf(10_000);
    expect(bytes.length).toBeGreaterThan(1_000_000);
    const { feed, seen } = world([bytes], "end");
    const read = await readAll(feed);
    expect(read.data).toEqual([...data]);
    expect(Math.max(...read.sizes)).toBeLessThan(33_000);
    expect(read.fault).toBeNull();
    expect(seen.reads).toBe(2);
  });

  test("is taken whole before a break behind it is told", async () => {
    const { bytes, data } = eventsOf(2_000);
    const { feed } = world([bytes], "break");
    const read = await readAll(feed);
    expect(read).toMatchObject({ data: [...data], fault: RESET });
  });

  test("is let go of with what is still unread", async () => {
    const { bytes } = eventsOf(2_000);
    const { feed, seen } = world([bytes], "end");
    await feed.read();
    feed.release();
    expect(seen).toEqual({ reads: 1, isCancelled: true });
  });
});
