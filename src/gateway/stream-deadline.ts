import type { Deadlines } from "../config/settings.ts";
import type { Fault } from "../core/fault.ts";
import type { Clock } from "../host/clock.ts";
import type { Attempt } from "./attempt.ts";
import type { Watch } from "./watchdog.ts";

/** After a complete answer the upstream gets this long to close, so that its connection can be used again. */
const CLOSING_MS = 1_000;

type Phase = "first-token" | "idle" | "closing";

function timeoutFault(phase: "first-token" | "idle" | "total", afterMs: number): Fault {
  const words = { "first-token": "sent no content", idle: "fell silent", total: "did not finish" };
  const message = `The upstream ${words[phase]} within ${afterMs < 1_000 ? `${afterMs} ms` : `${Math.round(afterMs / 1000)} s`}.`;
  return { kind: "timeout", phase, afterMs, message };
}

/** The deadlines of one stream: first token, silence, the whole. */
export interface StreamDeadline {
  readonly watch: Watch;
  /** Content has begun: from now on silence counts, but only while {@link awaits} the upstream. */
  touch(): void;
  /** The upstream is read from, so its silence counts; until the client reads on, it does not. */
  awaits(isReading: boolean): void;
  /** The answer is complete; only the upstream's end is still awaited. */
  complete(): void;
}

function totalAtOf(attempt: Attempt, { totalMs }: Deadlines): number {
  return totalMs === null ? Number.POSITIVE_INFINITY : attempt.startedAt + totalMs;
}

/** Made when the headers have come; starts with the first-token deadline. An expired one aborts the attempt with its fault. */
export function createStreamDeadline(attempt: Attempt, deadlines: Deadlines, clock: Clock): StreamDeadline {
  const totalAt = totalAtOf(attempt, deadlines);
  let phase: Phase = "first-token";
  const watch: Watch = {
    at: Math.min(totalAt, clock.monotonic() + deadlines.firstTokenMs),
    expire() {
      if (clock.monotonic() >= totalAt) attempt.abort(timeoutFault("total", deadlines.totalMs ?? 0));
      else if (phase === "first-token") attempt.abort(timeoutFault(phase, deadlines.firstTokenMs));
      else attempt.abort(timeoutFault("idle", deadlines.idleMs));
    },
  };
  return {
    watch,
    touch() {
      if (phase === "first-token") phase = "idle";
    },
    awaits(isReading) {
      if (phase !== "idle") return;
      watch.at = isReading ? Math.min(totalAt, clock.monotonic() + deadlines.idleMs) : totalAt;
    },
    complete() {
      if (phase === "closing") return;
      phase = "closing";
      watch.at = clock.monotonic() + CLOSING_MS;
    },
  };
}

/** The deadlines of a whole reply's body: silence, the whole. `touch` is called for every chunk. */
export function createBodyDeadline(
  attempt: Attempt,
  deadlines: Deadlines,
  clock: Clock,
): { readonly watch: Watch; readonly touch: () => void } {
  const totalAt = totalAtOf(attempt, deadlines);
  const nextAt = (): number => Math.min(totalAt, clock.monotonic() + deadlines.idleMs);
  const watch: Watch = {
    at: nextAt(),
    expire() {
      const isTotal = clock.monotonic() >= totalAt;
      attempt.abort(timeoutFault(isTotal ? "total" : "idle", isTotal ? (deadlines.totalMs ?? 0) : deadlines.idleMs));
    },
  };
  return {
    watch,
    touch() {
      watch.at = nextAt();
    },
  };
}
