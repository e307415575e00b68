import { afterEach, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/core/json.ts";
import { eventually } from "../support/eventually.ts";
import { type DrawerKind, type FakeCard, startFakeCard } from "../support/fake-card.ts";
import type { TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";

const { gateway } = createWorld();
const cards: FakeCard[] = [];
afterEach(async () => {
  for (const card of cards.splice(0)) await card.stop();
});

async function open(more = "", kind: DrawerKind = "a1111"): Promise<{ card: FakeCard; opened: TestGateway }> {
  const card = await startFakeCard(kind);
  cards.push(card);
  const opened = await gateway(
    `providers: { stable-diffusion: { baseUrl: "${card.drawerUrl}" } }
retries: { attempts: 1 }
${more === "" ? "local: { warm: [], parallel: 1, maxWait: 2s }" : more}`,
    { OLLAMA_HOST: new URL(card.ollamaUrl).host },
  );
  return { card, opened };
}

const PICTURE = { model: "stable-diffusion/default", prompt: "a lighthouse", seed: 7 };

function draw(opened: TestGateway, more: JsonObject = {}, signal?: AbortSignal): Promise<Response> {
  const init = signal === undefined ? {} : { signal };
  return opened.fetch("/v1/images/generations", { json: { ...PICTURE, ...more }, ...init });
}

function chat(opened: TestGateway, model = "a:1"): Promise<Response> {
  const json = { model: `ollama/${model}`, messages: [{ role: "user", content: "hi" }] };
  return opened.fetch("/v1/chat/completions", { json });
}

function logged(card: FakeCard, word: string): Promise<unknown> {
  return eventually(word, () => card.log.includes(word));
}

describe("a card that draws and talks", () => {
  test("is cleared for a drawing, and the model that was loaded comes back after it", async () => {
    const { card, opened } = await open();
    expect((await chat(opened)).status).toBe(200);
    expect((await draw(opened)).status).toBe(200);
    await eventually("the model is back", () => card.held.has("a:1"));
    expect(card.log).toEqual([
      "load a:1",
      "chat a:1",
      "unload a:1",
      "take",
      "draw 7",
      "drawn",
      "give back",
      "load a:1",
    ]);
    expect(card.clashes).toEqual([]);
  });

  test("draws at once where nothing is loaded, and loads nothing afterwards", async () => {
    const { card, opened } = await open();
    expect((await draw(opened)).status).toBe(200);
    expect(card.log).toEqual(["take", "draw 7", "drawn"]);
    expect(card.held.size).toBe(0);
  });

  test("lets a running answer end before it draws", async () => {
    const { card, opened } = await open();
    card.holdChats();
    const talking = chat(opened);
    await logged(card, "chat a:1");
    const drawing = draw(opened);
    const after = chat(opened, "b:1");
    expect(card.drawn).toEqual([]);
    card.finishChats();
    expect((await talking).status).toBe(200);
    expect((await drawing).status).toBe(200);
    expect((await after).status).toBe(200);
    expect(card.clashes).toEqual([]);
  });

  test("lets a chat wait until the drawing is done, for a bounded time", async () => {
    const { card, opened } = await open();
    card.holdDrawings();
    const drawing = draw(opened);
    await logged(card, "draw 7");
    const talking = chat(opened);
    card.finish();
    expect((await drawing).status).toBe(200);
    expect((await talking).status).toBe(200);
    expect(card.log.indexOf("load a:1")).toBeGreaterThan(card.log.indexOf("drawn"));
    expect(card.clashes).toEqual([]);
  });

  test("draws one thing at a time, whatever the number of places", async () => {
    const { card, opened } = await open("local: { warm: [], parallel: 4 }");
    const answers = await Promise.all([1, 2, 3, 4].map((seed) => draw(opened, { seed, n: 2 })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(card.drawn).toHaveLength(8);
    expect(card.log.filter((word) => word === "take")).toHaveLength(1);
    expect(card.clashes).toEqual([]);
  });

  test("is given back when the client leaves: the drawing is broken off, and the model comes back", async () => {
    const { card, opened } = await open();
    await chat(opened);
    card.holdDrawings();
    const client = new AbortController();
    const drawing = draw(opened, { n: 3 }, client.signal);
    await logged(card, "draw 7");
    client.abort();
    await drawing.catch((error: unknown) => error);
    await eventually("the model is back", () => card.held.has("a:1"));
    expect(card.log.slice(-4)).toEqual(["interrupt", "drawn", "give back", "load a:1"]);
    expect(card.clashes).toEqual([]);
    expect((await opened.rows()).at(-1)).toMatchObject({ state: "aborted", fault: { kind: "client-left" } });
  });

  test("is kept until a server that cannot be interrupted has done drawing", async () => {
    const { card, opened } = await open("", "sdcpp");
    card.holdDrawings();
    const client = new AbortController();
    const drawing = draw(opened, {}, client.signal);
    await logged(card, "draw 7");
    client.abort();
    await drawing.catch((error: unknown) => error);
    const talking = chat(opened);
    await eventually(
      "the chat waits",
      () => opened.opening.runtime.localSide.scheduler.snapshot()[0]?.waiting.length === 1,
    );
    expect(card.log).not.toContain("load a:1");
    card.finish();
    expect((await talking).status).toBe(200);
    expect(card.clashes).toEqual([]);
  });

  test("is not kept for ever by a server that neither draws nor answers", async () => {
    const { card, opened } = await open(
      "local: { warm: [], parallel: 1 }\ndeadlines: { idle: 200ms, firstToken: 5s }",
      "sdcpp",
    );
    card.holdDrawings();
    const client = new AbortController();
    const drawing = draw(opened, {}, client.signal);
    await logged(card, "draw 7");
    client.abort();
    await drawing.catch((error: unknown) => error);
    expect((await chat(opened)).status).toBe(200);
    expect(card.log).not.toContain("drawn");
  });

  test("is interrupted and given back when a drawing takes longer than its deadline", async () => {
    const { card, opened } = await open("local: { warm: [], parallel: 1 }\ndeadlines: { headers: 300ms }");
    card.holdDrawings();
    expect((await draw(opened)).status).toBe(504);
    expect(card.log).toEqual(["take", "draw 7", "interrupt", "drawn"]);
    expect((await chat(opened)).status).toBe(200);
    expect(card.clashes).toEqual([]);
  });

  test("forgets a drawing whose client leaves while it waits", async () => {
    const { card, opened } = await open();
    card.holdChats();
    const talking = chat(opened);
    await logged(card, "chat a:1");
    const client = new AbortController();
    const drawing = draw(opened, {}, client.signal);
    const { scheduler } = opened.opening.runtime.localSide;
    await eventually("the drawing waits", () => scheduler.snapshot()[0]?.waiting.length === 1);
    client.abort();
    await drawing.catch((error: unknown) => error);
    expect(scheduler.snapshot()[0]?.waiting).toEqual([]);
    card.finishChats();
    await talking;
    expect(card.drawn).toEqual([]);
    expect(card.held.has("a:1")).toBe(true);
  });

  test("of its own needs no room: `shares: off` unloads nothing", async () => {
    const { card, opened } = await open("local: { warm: [], images: { shares: off } }");
    await chat(opened);
    expect((await draw(opened)).status).toBe(200);
    expect(card.log).toEqual(["load a:1", "chat a:1", "draw 7", "drawn"]);
    expect(card.held.has("a:1")).toBe(true);
  });
});
