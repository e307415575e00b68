import type { Job } from "./switch-simulation.ts";

/** What an engine without our queue made of a trace. Times are milliseconds. */
export interface FirstCome {
  readonly loads: number;
  /** How long each request waited until it began. */
  readonly waitsMs: readonly number[];
}

/** What the engine holds, and who waits where. */
interface Engine {
  loaded: string | null;
  loads: number;
  now: number;
  /** Of the loaded model; they need not wait for anybody else. */
  readonly joined: Job[];
  readonly pending: Job[];
}

function take(engine: Engine, arrivals: Job[]): void {
  for (let next = arrivals[0]; next !== undefined && next.at <= engine.now; next = arrivals[0]) {
    arrivals.shift();
    (next.model === engine.loaded ? engine.joined : engine.pending).push(next);
  }
}

/** Those at the head of the line whose model it is join what is loaded; the first of another model waits. */
function joinHead({ pending, joined, loaded }: Engine): void {
  for (let head = pending[0]; head !== undefined && head.model === loaded; head = pending[0]) {
    pending.shift();
    joined.push(head);
  }
}

/**
 * Plays a trace on an Ollama that holds one model and answers one request at a time: a request for the loaded model goes past
 * the line, all others are taken in the order they came, and a load begins once nothing of the loaded model is left. Source:
 * the queue of its `server/sched.go`.
 */
export function playFirstCome(jobs: readonly Job[], loadMs: number): FirstCome {
  const arrivals = jobs.toSorted((left, right) => left.at - right.at);
  const engine: Engine = { loaded: null, loads: 0, now: 0, joined: [], pending: [] };
  const waitsMs: number[] = [];
  while (arrivals.length + engine.joined.length + engine.pending.length > 0) {
    take(engine, arrivals);
    const next = engine.joined.shift();
    const head = engine.pending[0];
    if (next !== undefined) {
      waitsMs.push(engine.now - next.at);
      engine.now += next.serviceMs;
    } else if (head !== undefined) {
      engine.loaded = head.model;
      engine.loads += 1;
      engine.now += loadMs;
      joinHead(engine);
    } else {
      engine.now = Math.max(engine.now, arrivals[0]?.at ?? engine.now);
    }
  }
  return { loads: engine.loads, waitsMs };
}
