import { describe, expect, test } from "bun:test";
import type { Backend } from "../../src/cli/backend.ts";
import type { CliHost, SignalName } from "../../src/cli/command.ts";
import { showDashboard } from "../../src/cli/costs/dashboard.ts";
import { createTerminal } from "../../src/terminal/terminal.ts";
import { openEmulator } from "../features/counter/emulator.ts";
import { intentOf, NOON, outcomeOf } from "../stores/attempts.ts";
import { eventually } from "../support/eventually.ts";
import { createCliWorlds } from "./harness.ts";

const makeWorld = createCliWorlds();

/** The live view in this process, on an emulator; the clock stands at noon. */
function openDesk(isRunning: boolean) {
  const world = makeWorld({ isRunning });
  let size = { columns: 90, rows: 24 };
  const emulator = openEmulator(size);
  const [inputs, resizes, signals] = [
    new Set<(bytes: Uint8Array) => void>(),
    new Set<() => void>(),
    new Set<(name: SignalName) => void>(),
  ];
  let written = 0;
  const join =
    <Listener>(set: Set<Listener>) =>
    (listener: Listener) => {
      set.add(listener);
      return () => void set.delete(listener);
    };
  const screen = {
    size: () => size,
    write: (text: Uint8Array | string) => {
      written += text.length;
      emulator.write(text);
    },
    takeInput: join(inputs),
    onResize: join(resizes),
    atExit: () => () => undefined,
  };
  const sink = { isTTY: true, columns: 90, write: () => undefined };
  const host: CliHost = {
    terminal: createTerminal(sink, sink, { NO_COLOR: "1" }),
    stdin: { isTTY: true, readAll: async () => "" },
    environment: { TERM: "xterm" },
    version: "1.2.3",
    commands: [],
    now: () => NOON,
    signal: new AbortController().signal,
    onSignal: join(signals),
    // What the dashboard asks of it.
    backend: async () => world.backend as Backend,
  };
  const wish = { period: "month", by: "model", filters: {} } as const;
  const ended = showDashboard(host, { json: false }, wish, () => screen);
  return {
    world,
    emulator,
    ended,
    written: () => written,
    isListening: () => inputs.size + resizes.size + signals.size > 0,
    type: (text: string) => inputs.forEach((listener) => void listener(new TextEncoder().encode(text))),
    signal: () => signals.forEach((listener) => void listener("SIGTERM")),
    resize(columns: number, rows: number) {
      size = { columns, rows };
      emulator.resize(size);
      for (const listener of resizes) listener();
    },
    shows: (words: string) => eventually(words, () => emulator.rows().join("\n").includes(words)),
  };
}

describe.each([true, false])("the live view (daemon: %p)", (isRunning) => {
  test("shows what the ledger has, takes keys and sizes, and leaves nothing behind", async () => {
    const desk = openDesk(isRunning);
    await desk.world.settle({ requestId: "req_1", costNanoUsd: 2_500_000_000 });
    await desk.shows("$2.50 for 1 request");
    desk.type("\r");
    await desk.shows("deepseek/deepseek-v4-flash: 1 latest request");
    desk.resize(40, 12);
    await desk.shows("? help  q quit");
    desk.type("q");
    expect(await desk.ended).toBe(0);
    await desk.emulator.settled();
    expect([desk.emulator.isAlternate(), desk.isListening()]).toEqual([false, false]);
  }, 60_000);
});

describe("the live view", () => {
  test("writes not a byte for an event that changes nothing, and few for one that changes a figure", async () => {
    const desk = openDesk(true);
    await desk.world.settle({ requestId: "req_1", costNanoUsd: 2_500_000_000 });
    await desk.shows("$2.50 for 1 request");
    const [intent, outcome] = [intentOf(), outcomeOf()];
    const emit = (): void => desk.world.emit({ event: "settled", at: NOON, intent, outcome });
    const reads = { count: 0 };
    const { totals } = desk.world.admin.ledger;
    desk.world.admin.ledger.totals = (filter) => {
      reads.count += 1;
      return totals(filter);
    };
    const before = desk.written();
    emit();
    await eventually("a reading", () => reads.count >= 2);
    emit();
    await eventually("another reading", () => reads.count >= 4);
    expect(desk.written()).toBe(before);
    await desk.world.settle({ requestId: "req_2", costNanoUsd: 1_000_000_000 });
    emit();
    await desk.shows("$3.50 for 2 requests");
    expect(desk.written() - before).toBeLessThan(600);
    desk.signal();
    expect(await desk.ended).toBe(0);
  }, 60_000);

  test("ends with the problem where nothing could ever be read", async () => {
    const desk = openDesk(false);
    desk.world.admin.ledger.totals = () => {
      throw new Error("a broken ledger");
    };
    expect(await desk.ended).toMatchObject({ code: "internal", message: expect.stringContaining("a broken ledger") });
    await desk.emulator.settled();
    expect([desk.emulator.isAlternate(), desk.isListening()]).toEqual([false, false]);
  }, 60_000);
});
