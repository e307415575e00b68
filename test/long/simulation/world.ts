import type { LodestarEvent } from "../../../src/core/event.ts";
import type { AttemptIntent } from "../../../src/core/ledger.ts";
import { createMemoryLedger } from "../../../src/stores/memory/ledger.ts";
import type { Ledger } from "../../../src/stores/ports.ts";
import { type Chance, createChance } from "../support/chance.ts";
import { type Lab, loadLabConfig, openLab } from "../support/lab.ts";
import { makeClient, runClient, type Seen, type SimulatedClient } from "./client.ts";
import { createSimulatedClock, type SimulatedClock } from "./clock.ts";
import { createSimulatedUpstream, type SimulatedCall } from "./upstream.ts";

/** The deadlines of every run, as in its configuration. */
export const DEADLINES = { headersMs: 2_000, firstTokenMs: 3_000, idleMs: 1_000, totalMs: 12_000 };

const LOADED = loadLabConfig(`
providers:
  a:
    dialect: openai-chat
    baseUrl: "http://127.0.0.1:9/a"
    models: [m]
    accounts: [{ id: a1, key: env:KEY, group: shared }, { id: a2, key: env:KEY, group: shared }]
  b: { dialect: openai-chat, baseUrl: "http://127.0.0.1:9/b", models: [m], accounts: [{ id: b1, key: env:KEY }] }
chains: { duo: [a/m, b/m] }
prices: { overrides: { a/m: { input: 1, output: 2 }, b/m: { input: 3, output: 4 } } }
server: { heartbeat: 1s }
deadlines: { connect: 1s, headers: 2s, firstToken: 3s, idle: 1s, total: 12s }
retries: { attempts: 2, base: 200ms, max: 2s }
breaker: { failures: 3, window: 30s }
`);

/** Everything that one seed led to. */
export interface Run {
  readonly clients: readonly { readonly client: SimulatedClient; readonly seen: Seen | null }[];
  readonly calls: readonly SimulatedCall[];
  readonly intents: readonly AttemptIntent[];
  readonly events: readonly LodestarEvent[];
  /** Intents and events in the order in which they came. */
  readonly story: readonly (AttemptIntent | LodestarEvent)[];
  readonly openAttempts: number;
  readonly pendingTimers: number;
  /** Bugs the gateway logged, and promises nobody handled. */
  readonly broken: readonly string[];
  readonly elapsedMs: number;
}

/** A ledger that is full for a while, and notes what it was given. */
function faultyLedger(
  chance: Chance,
  clock: SimulatedClock,
  story: (AttemptIntent | LodestarEvent)[],
): { ledger: Ledger; intents: AttemptIntent[]; open: Set<string> } {
  const inner = createMemoryLedger(clock);
  const intents: AttemptIntent[] = [];
  const open = new Set<string>();
  const fullFrom = chance.is(0.2) ? chance.below(60_000) : Number.POSITIVE_INFINITY;
  const isFull = (): boolean => clock.monotonic() >= fullFrom && clock.monotonic() < fullFrom + 5_000;
  const ledger: Ledger = {
    ...inner,
    reserve(intent) {
      if (isFull()) return false;
      intents.push(intent);
      story.push(intent);
      open.add(`${intent.requestId}#${intent.attempt}`);
      return inner.reserve(intent);
    },
    settle(outcome, price) {
      inner.settle(outcome, price);
      open.delete(`${outcome.requestId}#${outcome.attempt}`);
    },
  };
  return { ledger, intents, open };
}

/** Lets everything happen that can happen without time passing. */
async function settleDown(): Promise<void> {
  for (let round = 0; round < 2; round += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

const CLIENTS = 12;
const LONGEST_MS = 30 * 60_000;

function startClients(chance: Chance, lab: Lab, clock: SimulatedClock, broken: string[]) {
  return Array.from({ length: CLIENTS }, (_, number) => {
    const client = makeClient(number, chance);
    const entry: { client: SimulatedClient; seen: Seen | null } = { client, seen: null };
    runClient(client, lab, clock).then(
      (seen) => {
        entry.seen = seen;
      },
      (error: unknown) => broken.push(`client ${number} got ${error instanceof Error ? error.stack : error}`),
    );
    return entry;
  });
}

/** Runs one seed to its end: until no timer is left, or half an hour of simulated time has passed. */
export async function simulate(seed: number): Promise<Run> {
  const chance = createChance(seed);
  const clock = createSimulatedClock(createChance(seed, 1));
  const { send, calls } = createSimulatedUpstream(createChance(seed, 2), clock);
  const story: (AttemptIntent | LodestarEvent)[] = [];
  const { ledger, intents, open } = faultyLedger(chance, clock, story);
  const lab = openLab({ loaded: LOADED, ledger, clock, send });
  const events: LodestarEvent[] = [];
  lab.runtime.bus.subscribe((event) => {
    events.push(event);
    story.push(event);
  });
  const broken: string[] = [];
  const onRejection = (reason: unknown): void => {
    broken.push(`unhandled rejection: ${reason instanceof Error ? reason.stack : JSON.stringify(reason)}`);
  };
  process.on("unhandledRejection", onRejection);
  const clients = startClients(chance, lab, clock, broken);
  if (chance.is(0.1)) clock.after(chance.below(60_000), lab.runtime.abort);
  await settleDown();
  while (clock.step(LONGEST_MS)) await settleDown();
  process.off("unhandledRejection", onRejection);
  const pendingTimers = clock.pending;
  lab.close();
  return {
    clients,
    calls,
    intents,
    events,
    story,
    openAttempts: open.size,
    pendingTimers,
    broken: [...broken, ...lab.broken],
    elapsedMs: clock.monotonic(),
  };
}
