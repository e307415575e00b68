import { describe, expect, test } from "bun:test";
import { type CounterView, runCounted } from "../../../src/features/counter/run.ts";
import { type Counts, NO_COUNTS } from "../../../src/features/counter/tally.ts";
import type { Size } from "../../../src/features/counter/terminal-state.ts";
import { eventually } from "../../support/eventually.ts";
import { type Emulator, openEmulator } from "./emulator.ts";

interface Desk {
  readonly emulator: Emulator;
  readonly ended: ReturnType<typeof runCounted>;
  type(text: string): void;
  signal(name: NodeJS.Signals): void;
  resize(size: Size): void;
  count(counts: Partial<Counts>): void;
  /** What would be written if this process ended now; null when nobody would. */
  lastWords(): string | null;
  isListening(): boolean;
}

/** Runs a shell script below a counter in an emulator of 60 columns and 10 rows. */
function runScript(script: string, view: Partial<CounterView> = {}): Desk {
  let size: Size = { columns: 60, rows: 10 };
  const emulator = openEmulator(size);
  const inputs = new Set<(bytes: Uint8Array) => void>();
  const resizes = new Set<() => void>();
  const changes = new Set<() => void>();
  const signals = new Set<(name: NodeJS.Signals) => void>();
  const words = new Set<() => string>();
  const join =
    <Listener>(set: Set<Listener>) =>
    (listener: Listener) => {
      set.add(listener);
      return () => void set.delete(listener);
    };
  let counts = NO_COUNTS;
  const screen = {
    size: () => size,
    write: emulator.write,
    takeInput: join(inputs),
    onResize: join(resizes),
    atExit: join(words),
  };
  const environment = { PATH: process.env.PATH ?? "", TERM: "xterm-256color" };
  const ended = runCounted(
    { command: ["/bin/sh", "-c", script], cwd: "/", environment },
    { counter: { counts: () => counts, onChange: join(changes) }, screen, placement: "line", hasTitle: true, ...view },
    join(signals),
  );
  return {
    emulator,
    ended,
    type: (text) => inputs.forEach((listener) => void listener(new TextEncoder().encode(text))),
    signal: (name) => signals.forEach((listener) => void listener(name)),
    resize(next) {
      size = next;
      emulator.resize(next);
      for (const listener of resizes) listener();
    },
    count(more) {
      counts = { ...counts, ...more };
      for (const listener of changes) listener();
    },
    lastWords: () => [...words][0]?.() ?? null,
    isListening: () => inputs.size + resizes.size + changes.size + signals.size + words.size > 0,
  };
}

describe("a program below a counter", () => {
  test("has one row less, its output and its exit code, and nothing is left behind", async () => {
    const desk = runScript("stty size; printf '\\033[1mbold\\033[0m %s' \"$TERM\"; exit 7");
    expect(await desk.ended).toEqual({ ok: true, value: 7 });
    await desk.emulator.settled();
    expect(desk.emulator.rows()).toEqual(["9 60", "bold xterm-256color", ...Array<string>(8).fill("")]);
    expect(desk.isListening()).toBe(false);
  });

  test("shows every count as it comes", async () => {
    const desk = runScript("read line; echo got $line");
    await eventually("the line", () => desk.emulator.rows().at(-1) === " ↑0 ↓0  $0");
    desk.count({ inputTokens: 1_500, outputTokens: 20, costNanoUsd: 2_500_000 });
    await eventually("the count", () => desk.emulator.rows().at(-1) === " ↑1.50k ↓20  $0.0025");
    desk.type("hello\r");
    expect(await desk.ended).toEqual({ ok: true, value: 0 });
    await desk.emulator.settled();
    expect(desk.emulator.rows()[1]).toBe("got hello");
  });

  test("gets every typed byte, Ctrl-C as its own interrupt", async () => {
    const desk = runScript("trap 'echo interrupted; exit 9' INT; echo ready; while :; do read line; done");
    await eventually("the program", () => desk.emulator.rows().includes("ready"));
    desk.type("\u0003");
    expect(await desk.ended).toEqual({ ok: true, value: 9 });
    await desk.emulator.settled();
    expect(desk.emulator.rows().join("\n")).toContain("interrupted");
  });

  test("learns of another size, less our row", async () => {
    const desk = runScript("trap 'stty size; exit 0' WINCH; echo ready; while :; do read line; done");
    await eventually("the program", () => desk.emulator.rows().includes("ready"));
    desk.resize({ columns: 90, rows: 20 });
    await desk.ended;
    await desk.emulator.settled();
    expect(desk.emulator.rows()).toContain("19 90");
  });

  test.each(["SIGTERM", "SIGHUP", "SIGINT"] as const)(
    "gets %s, and its end by it is told as shells do",
    async (name) => {
      const desk = runScript("echo ready; exec sleep 60");
      await eventually("the program", () => desk.emulator.rows().includes("ready"));
      desk.signal(name);
      const codes = { SIGTERM: 143, SIGHUP: 129, SIGINT: 130 };
      expect(await desk.ended).toEqual({ ok: true, value: codes[name] });
    },
  );

  test("that crashes with the screen upside down leaves a usable terminal", async () => {
    const desk = runScript("echo before; printf '\\033[?1049h\\033[?1003h\\033[3;5r\\033]0;half'; kill -KILL $$");
    expect(await desk.ended).toEqual({ ok: true, value: 137 });
    await desk.emulator.settled();
    expect(desk.emulator.isAlternate()).toBe(false);
    expect(desk.emulator.modes().mouseTrackingMode).toBe("none");
    expect(desk.emulator.rows()[0]).toBe("before");
  });

  test("has its terminal put back even where this process is ended from within", async () => {
    const desk = runScript("printf '\\033[?2004hready'; read line");
    await eventually("the program", () => desk.emulator.rows().includes("ready"));
    const words = desk.lastWords();
    expect(words).toContain("\u001b[?2004l");
    expect(words).toContain("\u001b[r");
    desk.type("\r");
    await desk.ended;
    expect(desk.lastWords()).toBeNull();
  });

  test("all of its output is there, however much it is", async () => {
    const desk = runScript("seq 1 20000");
    await desk.ended;
    await desk.emulator.settled();
    expect(desk.emulator.rows().slice(-3)).toEqual(["20000", "", ""]);
    expect(desk.emulator.history().filter((row) => /^\d+$/.test(row)).length).toBeGreaterThan(900);
  });

  test("that leaves something running behind does not hold up the end", async () => {
    const desk = runScript("sleep 30 & echo $!; exit 3");
    expect(await desk.ended).toEqual({ ok: true, value: 3 });
    await desk.emulator.settled();
    process.kill(Number(desk.emulator.rows()[0]), "SIGKILL");
  });
});

test("a program that cannot be started is told, and the terminal was not touched", async () => {
  const emulator = openEmulator({ columns: 40, rows: 6 });
  const nothing = () => () => undefined;
  const screen = {
    size: () => ({ columns: 40, rows: 6 }),
    write: emulator.write,
    takeInput: nothing,
    onResize: nothing,
    atExit: nothing,
  };
  const counter = { counts: () => NO_COUNTS, onChange: nothing };
  const ended = await runCounted(
    { command: ["/nowhere/aider"], cwd: "/", environment: {} },
    { counter, screen, placement: "line", hasTitle: true },
    nothing,
  );
  expect(ended).toMatchObject({ ok: false, error: { code: "client_not_startable", exitCode: 126 } });
  await emulator.settled();
  expect(emulator.rows().join("")).toBe("");
});
