import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Daemon } from "../../src/cli/backend.ts";
import { backend } from "../../src/compose.ts";
import type { CostsView } from "../../src/core/admin-view.ts";
import type { LodestarEvent } from "../../src/core/event.ts";
import { createInputs } from "../compose/inputs.ts";
import { type Emulator, openEmulator } from "../features/counter/emulator.ts";
import { chatChunks } from "../support/chat-chunks.ts";
import { eventually } from "../support/eventually.ts";
import { createWorld } from "../support/world.ts";

const ROOT = join(import.meta.dir, "../..");
const SIZE = { columns: 110, rows: 16 };
const MOST_DELAY_MS = 300;

/** `ECHO` of `termios.h` in Linux and macOS. */
const ECHO = 8;

const world = createWorld();
const inputsFor = createInputs();
const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Desk {
  readonly daemon: Daemon;
  readonly stateDir: string;
  readonly events: readonly LodestarEvent[];
  /** Environment of every command line on this desk. */
  readonly environment: Record<string, string>;
}

/** A daemon with a provider that answers with the usages given, one after another, and one that always fails. */
async function open(usages: readonly { readonly prompt: number; readonly completion: number }[]): Promise<Desk> {
  const good = await world.fake((_call, index) => {
    const { prompt = 0, completion = 0 } = usages[index] ?? {};
    const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
    return { kind: "stream", chunks: chatChunks(["done"], usage) };
  });
  const bad = await world.fake(() => ({ kind: "json", status: 500, body: { error: { message: "down" } } }));
  const inputs = await inputsFor(
    `
providers:
  good: { dialect: openai-chat, baseUrl: "${good.url}/v1", models: [m], accounts: [{ key: env:LAB_KEY }] }
  bad: { dialect: openai-chat, baseUrl: "${bad.url}/v1", models: [b], accounts: [{ key: env:LAB_KEY }] }
chains: { duo: [bad/b, good/m] }
prices: { overrides: { good/m: { input: 1, output: 4 }, bad/b: { input: 1, output: 1 } } }
retries: { attempts: 1 }
`,
    { LAB_KEY: "lab-key-0123456789" },
  );
  const started = await backend.startDaemon(inputs);
  if (!started.ok) throw new Error(started.error.message);
  const daemon = started.value;
  ends.push(() => daemon.stop("the test is over"));
  const events: LodestarEvent[] = [];
  daemon.subscribe((event) => events.push(event));
  const { stateDir } = daemon;
  const program = join(inputs.environment.HOME ?? "", "aider");
  writeFileSync(
    program,
    `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, "test/features/counter/programs/fake-aider.ts")}' "$@"\n`,
  );
  chmodSync(program, 0o755);
  const environment = {
    PATH: process.env.PATH ?? "",
    HOME: inputs.environment.HOME ?? "",
    TERM: "xterm-256color",
    LODESTAR_STATE_DIR: stateDir,
    AIDER_BIN: program,
  };
  return { daemon, stateDir, events, environment };
}

/** What stood in the last row, and when it was first seen there (Unix ms). */
interface Sight {
  readonly text: string;
  readonly at: number;
}

interface Session {
  readonly emulator: Emulator;
  readonly sights: readonly Sight[];
  readonly child: Bun.Subprocess;
  type(text: string): void;
}

/** `lodestar aider` of the sources in a terminal. */
function runAider(desk: Desk, words: readonly string[]): Session {
  const emulator = openEmulator(SIZE);
  const sights: Sight[] = [];
  emulator.onShown(() => {
    const text = emulator.rows().at(-1) ?? "";
    if (text !== sights.at(-1)?.text) sights.push({ text, at: Date.now() });
  });
  const child = Bun.spawn([process.execPath, join(ROOT, "src/main.ts"), "aider", ...words], {
    cwd: desk.environment.HOME ?? "",
    env: desk.environment,
    terminal: { cols: SIZE.columns, rows: SIZE.rows, data: (_terminal, bytes) => emulator.write(bytes) },
  });
  ends.push(async () => child.kill("SIGKILL"));
  return { emulator, sights, child, type: (text) => child.terminal?.write(text) };
}

function unitOf(letter: string | undefined): number {
  return letter === undefined ? 1 : 1_000 ** " kMG".indexOf(letter);
}

/** The figures of a line: tokens in, tokens out, nano-dollars. */
function figuresOf(text: string): readonly [number, number, number] | null {
  const match = /↑([\d.]+)([kMG])? ↓([\d.]+)([kMG])? {2}\$([\d.]+)/.exec(text);
  if (match === null) return null;
  const [, input, inputUnit, output, outputUnit, usd] = match;
  return [Number(input) * unitOf(inputUnit), Number(output) * unitOf(outputUnit), Number(usd) * 1e9];
}

/** Whether a line tells these sums, each to one per cent. */
function tells(text: string, sums: readonly number[]): boolean {
  const figures = figuresOf(text);
  return figures?.every((figure, index) => Math.abs(figure - (sums[index] ?? 0)) <= 0.01 * (sums[index] ?? 0)) === true;
}

/** The sums after each settled attempt, with the moment of its event. */
function truths(events: readonly LodestarEvent[]) {
  let sums: readonly [number, number, number] = [0, 0, 0];
  return events.flatMap((event) => {
    if (event.event !== "settled") return [];
    const { input, output } = event.outcome.usage;
    const [before, out, nanoUsd] = sums;
    sums = [before + input.uncached, out + output.text, nanoUsd + (event.outcome.costNanoUsd ?? 0)];
    return [{ at: event.at, sums, isAnswer: event.outcome.state === "final" }];
  });
}

/** The same sums from the ledger itself, through the admin API. */
async function ledgerSums({ daemon, stateDir }: Desk): Promise<readonly number[]> {
  const token = (await Bun.file(join(stateDir, "admin.token")).text()).trim();
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${daemon.adminUrl}/v1/costs?period=all`, { headers });
  const { totals } = (await response.json()) as CostsView;
  return [totals.inputTokens, totals.outputTokens, totals.costNanoUsd];
}

describe("lodestar aider", () => {
  test("shows on the last row what the ledger says, within 1 % and 300 ms of each event", async () => {
    const desk = await open([
      { prompt: 12_345, completion: 678 },
      { prompt: 1_007, completion: 3 },
      { prompt: 98_765, completion: 4_321 },
      { prompt: 11, completion: 1 },
    ]);
    const { emulator, sights, child, type } = runAider(desk, ["--", "--ask", "good/m,duo,good/m,good/m"]);
    await eventually("the program's last word", () => emulator.rows().some((row) => row.startsWith("done>")));
    const steps = truths(desk.events).filter(({ isAnswer }) => isAnswer);
    expect(steps).toHaveLength(4);
    // Two events that come together may be drawn as one: then the later sums are what tells both.
    const delays = await eventually("every sum on the line", () => {
      const found = steps.map(({ at }, step) => {
        const later = steps.slice(step).map(({ sums }) => sums);
        const sight = sights.find(({ text }) => later.some((sums) => tells(text, sums)));
        return sight === undefined ? null : sight.at - at;
      });
      return (
        sights.some(({ text }) => tells(text, steps[3]?.sums ?? [])) && found.every((delay) => delay !== null) && found
      );
    });
    expect(Math.max(...delays.map(Number))).toBeLessThanOrEqual(MOST_DELAY_MS);
    const rows = emulator.rows();
    const ledger = await ledgerSums(desk);
    expect([ledger, tells(rows.at(-1) ?? "", ledger)]).toEqual([[...(steps[3]?.sums ?? [])], true]);
    expect(rows[0]).toBe("aider 110x15");
    expect(rows.at(-1)).toContain("good/m  (");
    expect(rows.filter((row) => row.includes("$"))).toHaveLength(1);
    type("q");
    expect(await child.exited).toBe(5);
    await emulator.settled();
    expect(emulator.rows().at(-1)).toBe("");
    expect(existsSync(join(desk.stateDir, "launch")) ? readdirSync(join(desk.stateDir, "launch")) : []).toEqual([]);
  }, 60_000);

  test("names the provider that answered after another failed, and counts no other session", async () => {
    const desk = await open([
      { prompt: 1_000, completion: 100 },
      { prompt: 50_000, completion: 5_000 },
    ]);
    const { emulator, child, type } = runAider(desk, ["--", "--ask", "duo"]);
    await eventually("the answer's row", () => emulator.rows().at(-1)?.includes("(chain:duo") === true);
    const others = await fetch(`${desk.daemon.apiUrl}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-session-id": "another" },
      body: JSON.stringify({ model: "good/m", messages: [{ role: "user", content: "hi" }], stream: true }),
    });
    await others.text();
    await eventually(
      "the other session's event",
      () => truths(desk.events).filter(({ isAnswer }) => isAnswer).length === 2,
    );
    expect(emulator.rows().at(-1)).toMatch(/↑1\.00k ↓100 {2}\$0\.0014 {2}good\/m {2}\(chain:duo/);
    type("q");
    await child.exited;
  }, 60_000);

  test("a signal reaches the program, its end is told as shells do, and the terminal is as before", async () => {
    const desk = await open([{ prompt: 10, completion: 1 }]);
    const { emulator, child } = runAider(desk, ["--", "--ask", "good/m"]);
    await eventually("the answer's row", () => emulator.rows().at(-1)?.includes("good/m") === true);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(143);
    expect((child.terminal?.localFlags ?? 0) & ECHO).toBe(ECHO);
    await emulator.settled();
    expect(emulator.rows().at(-1)).toBe("");
  }, 60_000);

  test("follows the terminal's size, and gives its line editing back at the end", async () => {
    const desk = await open([{ prompt: 10, completion: 1 }]);
    const { emulator, child, type } = runAider(desk, ["--", "--ask", "good/m"]);
    await eventually("the answer's row", () => emulator.rows().at(-1)?.includes("good/m") === true);
    expect((child.terminal?.localFlags ?? 0) & ECHO).toBe(0);
    emulator.resize({ columns: 60, rows: 24 });
    child.terminal?.resize(60, 24);
    await eventually("the line in the new last row", () => emulator.rows()[23]?.includes("good/m") === true);
    expect(emulator.rows().filter((row) => row.includes("good/m"))).toHaveLength(1);
    type("q");
    expect(await child.exited).toBe(5);
  }, 60_000);

  test("with --counter title leaves every row to the program", async () => {
    const desk = await open([{ prompt: 10, completion: 1 }]);
    const { emulator, child, type } = runAider(desk, ["--counter", "title", "--", "--ask", "good/m"]);
    await eventually("the title", () => emulator.titles.at(-1)?.includes("good/m") === true);
    expect(emulator.rows()[0]).toBe("aider 110x16");
    type("q");
    expect(await child.exited).toBe(5);
  }, 60_000);

  test("without a terminal passes everything through, exit code included", async () => {
    const desk = await open([{ prompt: 10, completion: 1 }]);
    const child = Bun.spawn([process.execPath, join(ROOT, "src/main.ts"), "aider", "--", "--ask", "good/m", "--quit"], {
      cwd: desk.environment.HOME ?? "",
      env: desk.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [code, out, talk] = await Promise.all([
      child.exited,
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    expect([code, talk]).toEqual([5, ""]);
    expect(out.replace(/\d+ bytes/, "n bytes")).toBe(
      "aider undefinedxundefined\r\n\u001b[32m200\u001b[0m n bytes\r\n\u001b[Jdone> ",
    );
  }, 60_000);

  test("without a daemon, or without Aider, says what to do", async () => {
    const { environment } = await inputsFor();
    const run = async (more: Record<string, string>) => {
      const env = { PATH: "/nowhere", HOME: environment.HOME ?? "", ...more };
      const child = Bun.spawn([process.execPath, join(ROOT, "src/main.ts"), "aider"], {
        env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      return [await child.exited, await new Response(child.stderr).text()] as const;
    };
    const [missing, words] = await run({});
    expect(missing).toBe(127);
    expect(words).toContain("Aider is not installed");
    const [stopped, more] = await run({ AIDER_BIN: "/bin/true" });
    expect(stopped).toBe(7);
    expect(more).toContain("lodestar serve");
  }, 60_000);
});
