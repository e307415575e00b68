import { describe, expect, test } from "bun:test";
import type { CliHost } from "../../../src/cli/command.ts";
import type { Choice } from "../../../src/cli/models/choices.ts";
import { pickModels } from "../../../src/cli/models/picker.ts";
import type { OpenTable } from "../../../src/cli/tournament/vote-answers.ts";
import { screenBooth } from "../../../src/cli/tournament/vote-screen.ts";
import type { Played } from "../../../src/features/tournament/play.ts";
import { promptOf } from "../../../src/features/tournament/prompts.ts";
import { createTerminal } from "../../../src/terminal/terminal.ts";
import { openEmulator } from "../../features/counter/emulator.ts";
import { eventually } from "../../support/eventually.ts";
import { NO_BACKEND } from "../harness.ts";

/** A terminal on an emulator, and a host at it. */
function openDesk(size = { columns: 80, rows: 14 }) {
  const emulator = openEmulator(size);
  const inputs = new Set<(bytes: Uint8Array) => void>();
  const join =
    <Listener>(set: Set<Listener>) =>
    (listener: Listener) => {
      set.add(listener);
      return () => void set.delete(listener);
    };
  const screen = {
    size: () => size,
    write: (text: Uint8Array | string) => emulator.write(text),
    takeInput: join(inputs),
    onResize: () => () => undefined,
    atExit: () => () => undefined,
  };
  const sink = { isTTY: true, columns: size.columns, write: () => undefined };
  const host: CliHost = {
    terminal: createTerminal(sink, sink, { NO_COLOR: "1" }),
    stdin: { isTTY: true, readAll: async () => "" },
    environment: { TERM: "xterm" },
    version: "1.2.3",
    commands: [],
    now: () => 0,
    signal: new AbortController().signal,
    onSignal: () => () => undefined,
    backend: async () => NO_BACKEND,
  };
  const type = (text: string): void => {
    for (const listener of inputs) listener(new TextEncoder().encode(text));
  };
  const text = (): string => emulator.rows().join("\n");
  const shows = (wanted: string | RegExp): Promise<boolean> =>
    eventually(`the screen shows ${wanted}`, () =>
      typeof wanted === "string" ? text().includes(wanted) : wanted.test(text()),
    );
  return { text, shows, screen: () => screen, host, type, isListening: () => inputs.size > 0 };
}

/** Two answers of which the right one is still to come. */
function openTable() {
  let changed: () => void = () => undefined;
  let finish: (ended: Played | null) => void = () => undefined;
  const left = { text: "the left answer\nwith a second line", isWhole: true };
  const right = { text: "", isWhole: false };
  const ready = new Promise<Played | null>((resolve) => {
    finish = resolve;
  });
  const table: OpenTable = {
    prompt: promptOf("which is better?", "general", null),
    left,
    right,
    ready,
    onChange: (listener) => {
      changed = listener;
    },
  };
  const stream = (text: string, isWhole: boolean): void => {
    right.text += text;
    right.isWhole = isWhole;
    changed();
    if (isWhole) finish(null);
  };
  return { table, stream, end: (played: Played) => finish(played) };
}

describe("the booth on a terminal", () => {
  test("shows both answers side by side as they come, takes a vote only when both are whole, and names after it", async () => {
    const desk = openDesk();
    const first = openTable();
    const second = openTable();
    const votes: Played[] = [];
    const done = screenBooth(
      desk.host,
      async (booth) => {
        votes.push(await booth.vote(first.table));
        booth.reveal({
          tournament: "t",
          prompt: "p",
          taskClass: "general",
          left: "a/one",
          right: "b/two",
          winner: "right",
          voter: "you",
          kind: "person",
          at: 0,
          isConsistent: null,
        });
        votes.push(await booth.vote(second.table));
      },
      desk.screen,
    );
    await desk.shows("which is better?");
    desk.type("1");
    first.stream("the right ", false);
    await desk.shows(/the left answer +│ the right/);
    expect(desk.text()).toContain("2 right …");
    expect(desk.text()).not.toContain("a/one");
    first.stream("answer", true);
    desk.type("2");
    await desk.shows("left was a/one, right was b/two");
    desk.type("q");
    await done;
    expect(votes).toEqual([
      { kind: "verdict", winner: "right", isConsistent: null },
      { kind: "ended", why: "stopped" },
    ]);
    expect(desk.isListening()).toBe(false);
  });

  test.each([
    ["\u001b[D", "left"],
    ["\u001b[C", "right"],
    ["t", "tie"],
    ["b", "both_bad"],
  ] as const)("%j is %s", async (keys, winner) => {
    const desk = openDesk();
    const open = openTable();
    open.stream("x", true);
    const votes: Played[] = [];
    const done = screenBooth(desk.host, async (booth) => void votes.push(await booth.vote(open.table)), desk.screen);
    desk.type(keys);
    await done;
    expect(votes).toEqual([{ kind: "verdict", winner, isConsistent: null }]);
  });

  test("what ends a match before the vote ends the wait", async () => {
    const desk = openDesk();
    const open = openTable();
    const votes: Played[] = [];
    const done = screenBooth(desk.host, async (booth) => void votes.push(await booth.vote(open.table)), desk.screen);
    open.end({ kind: "ended", why: "budget" });
    await done;
    expect(votes).toEqual([{ kind: "ended", why: "budget" }]);
  });
});

function choice(id: string, more: Partial<Choice> = {}): Choice {
  return {
    id,
    aliases: [],
    inputUsd: 1,
    outputUsd: 4,
    contextTokens: 128_000,
    abilities: ["tools"],
    local: null,
    rating: null,
    ...more,
  };
}

const CHOICES: readonly Choice[] = [
  choice("openai/gpt-5-mini"),
  choice("ollama/qwen2.5-coder:7b", { inputUsd: 0, outputUsd: 0, local: "loaded", rating: 1043.4, aliases: ["coder"] }),
  choice("ollama/gemma3:4b", { inputUsd: 0, outputUsd: 0, local: "pulled", contextTokens: null }),
  choice("acme/riddle", { inputUsd: null, outputUsd: null }),
];

describe("the picker", () => {
  const one = { title: "Which model?", isMany: false, query: "" };

  test("shows price, context, local state and rating, and narrows as somebody types", async () => {
    const desk = openDesk({ columns: 110, rows: 10 });
    const picked = pickModels(desk.host, CHOICES, one, desk.screen);
    await desk.shows("4 of 4 models");
    expect(desk.text()).toMatch(/qwen2\.5-coder:7b \(coder\) +free +128,000 +loaded +1043 +tools/);
    expect(desk.text()).toMatch(/riddle +unknown/);
    desk.type("qc7");
    await desk.shows("1 of 4 models");
    desk.type("\r");
    expect(await picked).toEqual(["ollama/qwen2.5-coder:7b"]);
    expect(desk.isListening()).toBe(false);
  });

  test("arrows move, tab marks several, and enter takes what is marked", async () => {
    const desk = openDesk();
    const picked = pickModels(desk.host, CHOICES, { ...one, isMany: true }, desk.screen);
    desk.type("\t");
    desk.type("\u001b[B");
    desk.type("\u001b[B");
    desk.type("\t");
    desk.type("\r");
    expect(await picked).toEqual(["openai/gpt-5-mini", "ollama/gemma3:4b"]);
  });

  test("escape leaves without a choice, and enter on nothing waits", async () => {
    const desk = openDesk();
    const picked = pickModels(desk.host, CHOICES, { ...one, query: "zzz" }, desk.screen);
    desk.type("\r");
    desk.type("\u007f\u007f\u007f");
    desk.type("\u001b");
    expect(await picked).toBeNull();
  });

  test("a screen of 500 models is drawn within the time between two keys", async () => {
    const many = Array.from({ length: 500 }, (_, at) => choice(`provider-${at % 20}/model-${at}-instruct`));
    const desk = openDesk({ columns: 120, rows: 40 });
    const picked = pickModels(desk.host, many, one, desk.screen);
    const startedAt = performance.now();
    for (const letter of "model 49") desk.type(letter);
    const each = (performance.now() - startedAt) / 8;
    desk.type("\u001b");
    await picked;
    console.log(`a key among 500 models: ${each.toFixed(1)} ms`);
    expect(each).toBeLessThan(100);
  });
});
