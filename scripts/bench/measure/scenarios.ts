import type { Manner } from "../load/job.ts";
import type { Target, TargetName } from "../targets/target.ts";
import type { Script } from "../upstream/script.ts";
import { type Loaded, run } from "./load.ts";
import type { Samples } from "./samples.ts";

/** How long everything is measured. */
export interface Scale {
  readonly rounds: number;
  /** 1 for the full measurement; durations are multiplied by it. */
  readonly duration: number;
  /** Starts of the process that are timed. */
  readonly starts: number;
  /** Clients that leave, in each phase. */
  readonly leavings: number;
}

interface Scenario {
  readonly title: string;
  readonly script: Script;
  readonly promptChars?: number;
  readonly manner: (scale: Scale) => Manner;
  readonly record: (loaded: Loaded, add: Add) => void;
  readonly isWithoutDirect?: boolean;
}

type Add = (metric: Parameters<Samples["add"]>[0], value: number) => void;

const CONNECTIONS = 32;
const BURST_EVENTS = 2_000;
const PACED_EVENTS = 200;
/** 100,000 tokens at four characters each. */
const PROMPT_CHARS = 400_000;

function perRequestUs({ cpuMs, answered }: Loaded): number {
  return (cpuMs * 1000) / answered;
}

const SCENARIOS: readonly Scenario[] = [
  {
    title: "32 connections",
    script: { kind: "json" },
    manner: ({ duration }) => ({ kind: "closed", connections: CONNECTIONS, durationMs: 3000 * duration }),
    record(loaded, add) {
      add("closedCpu", perRequestUs(loaded));
      add("closedRate", (loaded.answered * 1000) / loaded.durationMs);
    },
  },
  {
    title: "500 requests a second",
    script: { kind: "json" },
    manner: ({ duration }) => ({ kind: "open", perSecond: 500, durationMs: 3000 * duration }),
    record(loaded, add) {
      add("fixedCpu", perRequestUs(loaded));
      add("fixedP50", loaded.latency.p50);
      add("fixedP99", loaded.latency.p99);
    },
  },
  {
    title: "time to first token",
    script: { kind: "sse", events: 10, intervalMs: 0 },
    manner: ({ duration }) => ({ kind: "open", perSecond: 200, durationMs: 2000 * duration }),
    record(loaded, add) {
      add("tokenCpu", perRequestUs(loaded));
      add("tokenP50", loaded.firstToken.p50);
      add("tokenP99", loaded.firstToken.p99);
    },
  },
  {
    title: "bursts of events",
    script: { kind: "sse", events: BURST_EVENTS, intervalMs: 0 },
    manner: ({ duration }) => ({ kind: "closed", connections: 8, durationMs: 2000 * duration }),
    record: (loaded, add) => add("burstCpu", perRequestUs(loaded) / BURST_EVENTS),
    isWithoutDirect: true,
  },
  {
    title: "paced events",
    script: { kind: "sse", events: PACED_EVENTS, intervalMs: 10 },
    manner: ({ duration }) => ({ kind: "closed", connections: 20, durationMs: 2500 * duration }),
    record: (loaded, add) => add("pacedCpu", perRequestUs(loaded) / PACED_EVENTS),
    isWithoutDirect: true,
  },
  {
    title: "100K-token prompts",
    script: { kind: "json" },
    promptChars: PROMPT_CHARS,
    manner: ({ duration }) => ({ kind: "closed", connections: 2, durationMs: 1500 * duration }),
    record: (loaded, add) => add("promptCpu", perRequestUs(loaded) / 1000),
    isWithoutDirect: true,
  },
];

/** Each round begins with another target, so that none always follows the same one. */
function rotated(targets: readonly Target[], round: number): readonly Target[] {
  const start = round % targets.length;
  return [...targets.slice(start), ...targets.slice(0, start)];
}

function canTake(target: Target, script: Script): boolean {
  return script.kind === "json" || target.isWithoutStreams !== true;
}

const CHECKED: readonly Script[] = [{ kind: "json" }, { kind: "sse", events: 500, intervalMs: 0 }];

/** Lets every target answer for a while in both ways, so that what is measured is compiled code on open connections. */
export async function warmUp(targets: readonly Target[], scale: Scale): Promise<void> {
  const manner: Manner = { kind: "closed", connections: CONNECTIONS, durationMs: 1500 * scale.duration };
  for (const target of targets) {
    for (const script of CHECKED) if (canTake(target, script)) await run({ target, script, manner });
  }
}

/** Why a peer cannot be measured with streams here, or null. */
export async function streamProblem(target: Target): Promise<string | null> {
  const manner: Manner = { kind: "closed", connections: 1, durationMs: 1 };
  try {
    await run({ target, script: { kind: "sse", events: 3, intervalMs: 0 }, manner });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Measures all targets under all loads, round by round. */
export async function measureLoads(
  targets: readonly Target[],
  scale: Scale,
  samples: Samples,
  say: (words: string) => void,
): Promise<void> {
  for (const { title, script, promptChars, manner, record, isWithoutDirect } of SCENARIOS) {
    const able = targets.filter((target) => canTake(target, script));
    const taking = able.filter((target) => isWithoutDirect !== true || target.pid !== null);
    for (let round = 0; round < scale.rounds; round++) {
      say(`${title}, round ${round + 1} of ${scale.rounds}`);
      for (const target of rotated(taking, round)) {
        const load = { target, script, manner: manner(scale), ...(promptChars === undefined ? {} : { promptChars }) };
        record(await run(load), adder(samples, target.name));
      }
    }
  }
}

/** A direct call has no process of its own to count. */
function adder(samples: Samples, name: TargetName): Add {
  return (metric, value) => {
    if (name === "direct" && metric.endsWith("Cpu")) return;
    samples.add(metric, name, value);
  };
}
