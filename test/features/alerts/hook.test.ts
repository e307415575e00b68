import { describe, expect, test } from "bun:test";
import type { LodestarEvent } from "../../../src/core/event.ts";
import { failure, success } from "../../../src/core/result.ts";
import { createAlerts } from "../../../src/features/alerts/alerts.ts";
import type { HookTarget } from "../../../src/features/alerts/hook.ts";
import type { PostJson } from "../../../src/host/egress-post.ts";
import { createFakeClock } from "../../stores/fake-clock.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const HOOK: HookTarget = { url: "https://hooks.example.org/T0/private", secret: null, events: [] };

/** What a receiver answers, one entry a post and the last one for good; a string is why it did not answer. */
type Script = readonly (number | string)[];

function world(scripts: Readonly<Record<string, Script>>) {
  const time = createFakeClock(NOON);
  const clock = { ...time, monotonic: () => time.now() - NOON, random: () => 0.5 };
  const posts: { url: string; id: string; body: string; at: number }[] = [];
  const logged: string[] = [];
  const post: PostJson = async (url, body, { headers }) => {
    const before = posts.filter((one) => one.url === url).length;
    posts.push({ url, id: headers["webhook-id"] ?? "", body, at: clock.monotonic() });
    const script = scripts[url] ?? [204];
    const answer = script[Math.min(before, script.length - 1)] ?? 204;
    if (typeof answer === "number") return success({ status: answer });
    return failure({ code: "url_unreachable", message: answer });
  };
  let minted = 0;
  const log = { write: (_: string, message: string) => void logged.push(message) };
  const alerts = createAlerts({ clock, post, log, mintId: () => `evt_${++minted}` });
  return {
    alerts,
    posts,
    logged,
    async advance(ms: number) {
      time.advance(ms);
      await settled();
    },
  };
}

/** Lets what is ready run: a post here answers within a few turns. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

function health(reason: string): LodestarEvent {
  return { event: "health", at: NOON, provider: "openai", account: "default", state: "open", reason };
}

const RELOADED: LodestarEvent = { event: "config", at: NOON, outcome: "loaded", message: "loaded" };

describe("a webhook", () => {
  test("gets budgets and health unless it names its events, as the JSON that everyone sees", async () => {
    const { alerts, posts } = world({});
    const config = { ...HOOK, url: "https://other.example.org/", events: ["config"] };
    alerts.use([HOOK, config]);
    for (const event of [health("a"), RELOADED]) alerts.offer(event);
    await settled();
    expect(posts.map(({ url, body }) => [url, JSON.parse(body)])).toEqual([
      [HOOK.url, health("a")],
      [config.url, RELOADED],
    ]);
  });

  test("gets events one by one in their order, each again under the same id until it is taken", async () => {
    const { alerts, posts, advance } = world({ [HOOK.url]: [503, "no route", 200] });
    alerts.use([HOOK]);
    for (const reason of ["a", "b", "c"]) alerts.offer(health(reason));
    await advance(0);
    expect(posts).toHaveLength(1);
    await advance(499);
    expect(posts).toHaveLength(1);
    await advance(1);
    await advance(1_000);
    expect(posts.map(({ id, at }) => [id, at])).toEqual([
      ["evt_1", 0],
      ["evt_1", 500],
      ["evt_1", 1_500],
      ["evt_2", 1_500],
      ["evt_3", 1_500],
    ]);
    expect(alerts.views()).toMatchObject([{ delivered: 3, queued: 0, givenUp: 0, dropped: 0, lastError: null }]);
  });

  test("that never answers is tried for ten minutes an event, then the next one's turn comes", async () => {
    const { alerts, posts, logged, advance } = world({ [HOOK.url]: ["cannot be reached"] });
    alerts.use([HOOK]);
    alerts.offer(health("a"));
    await settled();
    for (let step = 0; step < 1_400; step += 1) await advance(500);
    const tries = posts.map(({ at }) => at);
    expect(tries.slice(0, 7)).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    expect(tries.at(-1)).toBeLessThanOrEqual(600_000);
    expect(tries.at(-1)).toBeGreaterThan(500_000);
    expect(alerts.views()).toMatchObject([{ queued: 0, givenUp: 1, lastError: "cannot be reached" }]);
    expect(logged).toEqual([
      "webhook hooks.example.org: an event was not taken; trying again",
      "webhook hooks.example.org: an event is given up",
    ]);
    alerts.offer(health("b"));
    await settled();
    expect(posts.at(-1)?.id).toBe("evt_2");
  });

  test("holds a bounded queue, counts what it drops, and says so once", async () => {
    const { alerts, logged, advance } = world({ [HOOK.url]: [500] });
    alerts.use([HOOK]);
    for (let event = 0; event < 20; event += 1) alerts.offer(health("x".repeat(100_000)));
    await advance(0);
    const [view] = alerts.views();
    expect(view?.queued).toBe(10);
    expect(view?.dropped).toBe(10);
    expect(logged.filter((line) => line.includes("queue is full"))).toHaveLength(1);
  });

  test("that answers 410 is told of nothing more until the configuration is read again", async () => {
    const { alerts, posts, logged } = world({ [HOOK.url]: [410, 200] });
    alerts.use([HOOK]);
    alerts.offer(health("a"));
    alerts.offer(health("b"));
    await settled();
    alerts.offer(health("c"));
    await settled();
    expect(posts).toHaveLength(1);
    expect(alerts.views()).toMatchObject([{ queued: 0, dropped: 2 }]);
    expect(logged).toEqual([expect.stringContaining("answered 410")]);
    alerts.use([HOOK]);
    alerts.offer(health("d"));
    await settled();
    expect(alerts.views()).toMatchObject([{ delivered: 1 }]);
  });

  test("that a reload keeps, keeps its queue; one that it drops is told of nothing more", async () => {
    const { alerts, posts, advance } = world({ [HOOK.url]: [500, 200] });
    const gone = { ...HOOK, url: "https://gone.example.org/" };
    alerts.use([HOOK, gone]);
    alerts.offer(health("a"));
    await settled();
    alerts.use([HOOK]);
    alerts.offer(health("b"));
    await advance(1_000);
    expect(posts.filter(({ url }) => url === HOOK.url).map(({ id }) => id)).toEqual(["evt_1", "evt_1", "evt_2"]);
    expect(posts.filter(({ url }) => url === gone.url)).toHaveLength(1);
  });

  test("is told at the end what it was not told yet, without the pause, and then no more", async () => {
    const { alerts, posts } = world({ [HOOK.url]: [500, 200] });
    alerts.use([HOOK]);
    alerts.offer(health("a"));
    alerts.offer(health("b"));
    await settled();
    await alerts.close(2_000);
    expect(posts.map(({ id, at }) => [id, at])).toEqual([
      ["evt_1", 0],
      ["evt_1", 0],
      ["evt_2", 0],
    ]);
    alerts.offer(health("c"));
    await settled();
    expect(posts).toHaveLength(3);
  });

  test("that does not answer at the end holds it up no longer than it may, and the loss is logged", async () => {
    const { alerts, posts, logged } = world({ [HOOK.url]: [500] });
    alerts.use([HOOK]);
    alerts.offer(health("a"));
    await settled();
    await alerts.close(2_000);
    expect(posts).toHaveLength(2);
    expect(logged.at(-1)).toBe("webhook hooks.example.org: events were not delivered before the end");
  });

  test("gets a sample beside its queue, and what became of it is told without its URL", async () => {
    const { alerts, posts } = world({ [HOOK.url]: [500], "https://other.example.org/": [204] });
    const trials = await alerts.test([HOOK, { ...HOOK, url: "https://other.example.org/", secret: "s" }]);
    expect(trials).toEqual([
      {
        host: "hooks.example.org",
        isSigned: false,
        status: 500,
        error: "hooks.example.org answered with status 500.",
        durationMs: 0,
      },
      { host: "other.example.org", isSigned: true, status: 204, error: null, durationMs: 0 },
    ]);
    expect(JSON.parse(posts[0]?.body ?? "")).toMatchObject({ event: "budget", budget: "sample" });
    expect(JSON.stringify([trials, alerts.views()])).not.toContain("private");
  });
});
