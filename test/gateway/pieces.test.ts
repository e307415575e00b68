import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { LodestarEvent } from "../../src/core/event.ts";
import { estimateTokens } from "../../src/core/usage.ts";
import { formatWarnings } from "../../src/gateway/answer-headers.ts";
import { createBus } from "../../src/gateway/bus.ts";
import { createRunningEstimate } from "../../src/gateway/estimate.ts";
import { createWatchdog, type Watch } from "../../src/gateway/watchdog.ts";
import { createFakeClock } from "../stores/fake-clock.ts";

const EVENT: LodestarEvent = { event: "draining", at: 1, open: 0, deadlineMs: 1 };

describe("the bus", () => {
  test("tells every listener until it leaves, and drops one that throws", () => {
    const bus = createBus();
    const heard: string[] = [];
    const leave = bus.subscribe(() => heard.push("a"));
    bus.subscribe(() => {
      heard.push("broken");
      throw new Error("a listener's own bug");
    });
    bus.subscribe(() => heard.push("c"));
    bus.emit(EVENT);
    leave();
    bus.emit(EVENT);
    expect(heard).toEqual(["a", "broken", "c", "c"]);
  });
});

describe("the running estimate", () => {
  test("of a text in pieces is that of the text, but for one token a fold", () => {
    const piece = fc.string({ unit: fc.constantFrom("word ", "x", "\n", "1", "\u4e2d", "."), maxLength: 3_000 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const running = createRunningEstimate();
        for (const one of pieces) running.add(one);
        const whole = estimateTokens(pieces.join(""));
        const folds = pieces.join("").length / 8_192 + 1;
        expect(Math.abs(running.tokens() - whole)).toBeLessThanOrEqual(2 * folds);
      }),
      { numRuns: 50 },
    );
  });
});

describe("the watchdog", () => {
  function world() {
    const fake = createFakeClock(0);
    const clock = { ...fake, monotonic: fake.now, random: () => 0 };
    const expired: string[] = [];
    const watch = (name: string, at: number): Watch => ({ at, expire: () => expired.push(name) });
    return { fake, expired, watch, watchdog: createWatchdog(clock) };
  }

  test("calls each watch once its time has passed, once", () => {
    const { fake, expired, watch, watchdog } = world();
    watchdog.add(watch("early", 150));
    watchdog.add(watch("late", 450));
    fake.advance(190);
    expect(expired).toEqual([]);
    fake.advance(10);
    expect(expired).toEqual(["early"]);
    fake.advance(1_000);
    expect(expired).toEqual(["early", "late"]);
  });

  test("follows a watch that moves, forgets one that is removed, and rests when there is none", () => {
    const { fake, expired, watch, watchdog } = world();
    const moving = watch("moving", 100);
    const removed = watch("removed", 100);
    watchdog.add(moving);
    watchdog.add(removed);
    moving.at = 500;
    watchdog.remove(removed);
    fake.advance(400);
    expect(expired).toEqual([]);
    fake.advance(200);
    expect(expired).toEqual(["moving"]);
    watchdog.remove(moving);
    fake.advance(200);
    expect(fake.pending).toBe(0);
  });
});

describe("warnings in a header", () => {
  test("are readable, plain and bounded", () => {
    expect(
      formatWarnings([
        { action: "dropped", field: "logit_bias", reason: "not in anthropic" },
        { action: "changed", field: "temp\u00e9rature\r\n", reason: "clamped to 1" },
      ]),
    ).toBe("dropped logit_bias (not in anthropic); changed temp?rature?? (clamped to 1)");
    const many = Array.from({ length: 500 }, () => ({ action: "dropped", field: "f", reason: "r" }) as const);
    expect(formatWarnings(many).length).toBe(2_000);
  });
});
