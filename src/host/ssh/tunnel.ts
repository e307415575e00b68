import type { TunnelView } from "../../core/admin-view.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { boxUrl, targetText } from "../../core/ssh-address.ts";
import type { Log } from "../log/log.ts";
import { errorText } from "../private-file.ts";
import { type SshChild, type SshListener, type SshStart, startSsh } from "./child.ts";
import { type SshProblem, sshProblem } from "./problem.ts";

/** One forward that is kept up: made again, with growing pauses, whenever it ends. */
export interface Tunnel {
  /** The socket once it is up. Waits at most `patienceMs`, while it connects and for the first retry of a lost one. */
  ready(patienceMs: number, signal: AbortSignal | null): Promise<Result<string, SshProblem>>;
  /** Why the far end did not connect a channel just now, if that is so. */
  refusal(): SshProblem | null;
  view(): TunnelView;
  /** Ends it; who waits is told. */
  close(): void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
/** Someone has to do something first; so soon it is noticed. */
const LASTING_PAUSE_MS = 15_000;
/** Up for so long, an end counts as the first one. */
const STEADY_MS = 10_000;
/** ssh tells of a refused channel beside the connection that it closes. */
const REFUSAL_MS = 2_000;
/** What asks again and again, such as the look for models, would have shown it anew by then. */
const SHOWN_REFUSAL_MS = 60_000;

/** How long to pause after so many failures in a row: doubling, with the upper half by chance (`chance` in [0, 1)), so that many boxes do not retry in step. */
export function pauseMs(failures: number, isLasting: boolean, chance: number): number {
  const doubled = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10));
  return Math.round((isLasting ? Math.max(doubled, LASTING_PAUSE_MS) : doubled) * (0.5 + chance / 2));
}

type Phase =
  | { readonly state: "connecting"; readonly since: number }
  | { readonly state: "up"; readonly since: number; readonly socket: string }
  | { readonly state: "waiting"; readonly since: number; readonly retryAt: number }
  | { readonly state: "closed"; readonly since: number };

interface TunnelState {
  phase: Phase;
  child: SshChild | null;
  cancelRetry: () => void;
  failures: number;
  reconnects: number;
  problem: SshProblem | null;
  refused: { readonly problem: SshProblem; readonly at: number } | null;
  readonly waiters: Set<() => void>;
}

function enter(tunnel: TunnelState, phase: Phase): void {
  tunnel.phase = phase;
  for (const wake of [...tunnel.waiters]) wake();
}

function afterEnd(tunnel: TunnelState, start: SshStart, log: Log, problem: SshProblem): void {
  const { clock, box } = start;
  const wasSteady = tunnel.phase.state === "up" && clock.now() - tunnel.phase.since >= STEADY_MS;
  tunnel.failures = wasSteady ? 1 : tunnel.failures + 1;
  tunnel.problem = problem;
  tunnel.child = null;
  const delayMs = pauseMs(tunnel.failures, problem.isLasting, clock.random());
  const { code, message, fix } = problem;
  log.write("warn", "an SSH tunnel is down", { box: boxUrl(box), code, message, fix, retryInMs: delayMs });
  tunnel.cancelRetry = clock.after(delayMs, () => connect(tunnel, start, log));
  enter(tunnel, { state: "waiting", since: clock.now(), retryAt: clock.now() + delayMs });
}

function connect(tunnel: TunnelState, start: SshStart, log: Log): void {
  const { clock, box, tools } = start;
  if (tools.ssh === null) {
    afterEnd(tunnel, start, log, sshProblem("ssh_missing", box));
    return;
  }
  const listener: SshListener = {
    up(socket) {
      if (tunnel.problem !== null) tunnel.reconnects += 1;
      log.write("info", "an SSH tunnel is up", { box: boxUrl(box), to: targetText(start.target) });
      enter(tunnel, { state: "up", since: clock.now(), socket });
    },
    refused(problem) {
      tunnel.refused = { problem, at: clock.monotonic() };
    },
    ended: (problem) => afterEnd(tunnel, start, log, problem),
  };
  try {
    tunnel.child = startSsh(start, listener);
  } catch (error) {
    // No process or folder can be made just now: the disk is full, or a limit is reached.
    afterEnd(tunnel, start, log, sshProblem("ssh_failed", box, errorText(error)));
    return;
  }
  enter(tunnel, { state: "connecting", since: clock.now() });
}

/** What a caller gets now; null while it is worth waiting until `deadline` (Unix ms). */
function outcomeNow(tunnel: TunnelState, { box }: SshStart, deadline: number): Result<string, SshProblem> | null {
  const { phase, problem } = tunnel;
  if (phase.state === "up") return success(phase.socket);
  if (phase.state === "closed") return failure(sshProblem("ssh_closed", box));
  if (phase.state === "connecting") return null;
  // A connection just lost most likely comes back at once; after that others can answer sooner.
  const isHopeless = problem?.isLasting === true || tunnel.failures > 1 || phase.retryAt >= deadline;
  return isHopeless ? failure(problem ?? sshProblem("ssh_failed", box)) : null;
}

function waitFor(
  tunnel: TunnelState,
  start: SshStart,
  patienceMs: number,
  signal: AbortSignal | null,
): Promise<Result<string, SshProblem>> {
  const { clock, box } = start;
  const deadline = clock.now() + patienceMs;
  const now = outcomeNow(tunnel, start, deadline);
  if (now !== null) return Promise.resolve(now);
  return new Promise((resolve) => {
    const finish = (result: Result<string, SshProblem>): void => {
      cancel();
      tunnel.waiters.delete(look);
      signal?.removeEventListener("abort", giveUp);
      resolve(result);
    };
    const look = (): void => {
      const outcome = outcomeNow(tunnel, start, deadline);
      if (outcome !== null) finish(outcome);
    };
    const giveUp = (): void => finish(failure(tunnel.problem ?? sshProblem("ssh_timeout", box)));
    const cancel = clock.after(patienceMs, giveUp);
    tunnel.waiters.add(look);
    if (signal?.aborted === true) giveUp();
    else signal?.addEventListener("abort", giveUp, { once: true });
  });
}

/** Opens a tunnel and keeps it up until it is closed. */
export function openTunnel(start: SshStart, log: Log): Tunnel {
  const { clock, box, target } = start;
  const tunnel: TunnelState = {
    phase: { state: "connecting", since: clock.now() },
    child: null,
    cancelRetry: () => undefined,
    failures: 0,
    reconnects: 0,
    problem: null,
    refused: null,
    waiters: new Set(),
  };
  const refusedWithin = (ageMs: number): SshProblem | null => {
    const { refused } = tunnel;
    return refused !== null && clock.monotonic() - refused.at < ageMs ? refused.problem : null;
  };
  connect(tunnel, start, log);
  return {
    ready: (patienceMs, signal) => waitFor(tunnel, start, patienceMs, signal),
    refusal: () => refusedWithin(REFUSAL_MS),
    view() {
      const { phase, reconnects } = tunnel;
      const problem = refusedWithin(phase.state === "up" ? SHOWN_REFUSAL_MS : 0) ?? tunnel.problem;
      const retryAt = phase.state === "waiting" ? phase.retryAt : null;
      const error = problem === null ? null : { code: problem.code, message: problem.message, fix: problem.fix };
      return {
        box: boxUrl(box),
        target: targetText(target),
        state: phase.state,
        since: phase.since,
        retryAt,
        reconnects,
        lastError: error,
      };
    },
    close() {
      tunnel.cancelRetry();
      tunnel.child?.end();
      enter(tunnel, { state: "closed", since: clock.now() });
    },
  };
}
