import type { Account, ConfiguredProvider, Settings } from "../config/settings.ts";
import type { Fault, FaultKind } from "../core/fault.ts";
import type { AttemptIntent } from "../core/ledger.ts";
import type { Plan, PlannedTarget } from "../core/plan.ts";
import type { CostStamp } from "../core/stamp.ts";
import { targetName } from "../core/target.ts";
import type { Usage } from "../core/usage.ts";
import type { Admission, Denial, Hold } from "./budget-guard.ts";
import type { Recording } from "./cache-recording.ts";
import type { AttemptRecord, Call } from "./call.ts";
import type { AnswerGate } from "./cascade/gate.ts";
import type { Demand } from "./demand.ts";
import { createLifeline } from "./lifeline.ts";
import { metadataOf } from "./metadata.ts";
import type { Services } from "./services.ts";
import { type Ending, emptyEnding, isOwnDoing, unreadEnding } from "./settle.ts";

/** One try at one target, from its intent to its one settlement. */
export interface Attempt {
  readonly intent: AttemptIntent;
  readonly planned: PlannedTarget;
  /** The plan's next target; null for the last. */
  readonly next: PlannedTarget | null;
  readonly configured: ConfiguredProvider;
  readonly account: Account;
  /** Aborts when the client leaves, a deadline passes or the process stops; pass it to everything that waits. */
  readonly signal: AbortSignal;
  /** Monotonic ms. */
  readonly startedAt: number;
  /** Milliseconds from its start to the first content; null while none came. */
  readonly firstTokenMs: number | null;
  upstreamStatus: number | null;
  /** Why nothing may be asked, and only a refusal is to be booked; null where it may. */
  readonly denial: Denial | null;
  /** The limit of output that budgets set; null where the request goes out as it is. */
  readonly outputCap: number | null;
  /** Takes the answer down for the cache; null where it is not kept. */
  recording: Recording | null;
  /** It is asked since another model's answer was rejected, and may be told why: its answer is not what it says by itself. */
  isEscalated: boolean;
  /** Checks the answer before the client gets it; null where nobody does. */
  gate: AnswerGate | null;
  /** The request goes out now: `estimate` is what its prompt alone uses, which is booked where we hang up on the answer. */
  noteSent(estimate: () => Usage): void;
  /** The upstream still answers. */
  touch(): void;
  /** The answer ended at its limit of output. */
  noteLength(): void;
  /** The first content came just now; a later call changes nothing. */
  noteContent(): void;
  /** Ends the attempt for a reason of ours; what waits on `signal` then fails. */
  abort(fault: Fault): void;
  /** The true reason of a failure: what we aborted for, if we did, else what was seen, without any secret in its words. */
  explain(seen: Fault): Fault;
  /** Books the outcome. The second call for an attempt is a bug and throws. */
  settle(ending: Ending): CostStamp;
  readonly isSettled: boolean;
  /** Books a failure, unless the attempt is settled already, and tells the health book. */
  lose(fault: Fault): void;
  record(outcome: AttemptRecord["outcome"], message: string | null): AttemptRecord;
}

/** What an attempt is opened with. */
export interface Opening {
  readonly call: Call;
  readonly planned: PlannedTarget;
  /** 1 for the first attempt of the request. */
  readonly number: number;
  readonly endpoint: AttemptIntent["endpoint"];
  readonly isStream: boolean;
  readonly requestedModel: string;
  readonly reason: string;
  readonly plan: Plan;
  /** What budgets reckon with; null for what nobody charges for. */
  readonly demand: (() => Demand) | null;
  /** The attempts of this request that failed before. */
  readonly before: readonly AttemptRecord[];
  /** Those the plan was made under: a request ends under the configuration it began with. */
  readonly settings: Settings;
}

/** The intent of an attempt that starts `now` (Unix ms), with what is held for it. */
export function intentOf(
  opening: Pick<Opening, "call" | "planned" | "number" | "endpoint" | "isStream" | "requestedModel" | "reason">,
  now: number,
  hold: Hold | null,
): AttemptIntent {
  const { call, planned } = opening;
  return {
    requestId: call.requestId,
    attempt: opening.number,
    provider: planned.target.provider,
    account: planned.target.account,
    model: planned.target.model,
    requestedModel: opening.requestedModel,
    endpoint: opening.endpoint,
    clientDialect: call.dialect.name,
    isStream: opening.isStream,
    keyId: call.caller.keyId,
    project: call.caller.project,
    session: call.caller.session,
    client: call.caller.client,
    tag: call.caller.tag,
    task: call.task,
    file: call.caller.file,
    routeReason: opening.reason,
    startedAt: now,
    reservedNanoUsd: hold?.reservedNanoUsd ?? null,
  };
}

/** Without a status of an upstream, these were found before any call: `bad-request` by an image that could not be fetched. */
const UNSENT: readonly FaultKind[] = [
  "unsupported",
  "no-key",
  "unavailable",
  "bad-request",
  "over-budget",
  "budget-held",
  "unpriced",
];

/** How an attempt without an answer is booked: never sent, left by the client, or failed. */
function lostState(fault: Fault, upstreamStatus: number | null): "refused" | "aborted" | "failed" {
  if (isOwnDoing(fault)) return "aborted";
  return UNSENT.includes(fault.kind) && upstreamStatus === null ? "refused" : "failed";
}

/**
 * How an attempt without an answer is booked. A provider that answered with an error charges nothing; one that was at work when
 * we hung up, or whose answer could not be read, has taken the prompt in.
 */
function lostEnding(fault: Fault, upstreamStatus: number | null, sent: (() => Usage) | null): Ending {
  const state = lostState(fault, upstreamStatus);
  const isHungUp = isOwnDoing(fault) || (fault.kind === "timeout" && fault.phase !== "connect");
  const isUnread = upstreamStatus !== null && upstreamStatus < 400;
  if (sent === null || state === "refused" || !(isHungUp || isUnread)) return emptyEnding(state, fault, upstreamStatus);
  return unreadEnding(state, sent(), fault, upstreamStatus);
}

/** Where a planned target leads, under the configuration that the plan was made under. */
function findAccount({ planned, settings }: Opening): { configured: ConfiguredProvider; account: Account } {
  const { target } = planned;
  const configured = settings.providers.find((entry) => entry.provider.id === target.provider);
  const account = configured?.accounts.find((entry) => entry.id === target.account);
  if (configured === undefined || account === undefined) throw new Error(`no such target: ${targetName(target)}`);
  return { configured, account };
}

function recordOf({ planned, reason }: Opening, told: Pick<AttemptRecord, "outcome" | "message" | "durationMs">) {
  const { target } = planned;
  return { target: targetName(target), account: target.account, reason, ...told };
}

/** Asks the budgets and writes the intent, with what is held for it; null when the ledger can take no more. */
function bookIntent(opening: Opening, services: Services): { intent: AttemptIntent; admission: Admission } | null {
  const { call, planned, demand } = opening;
  const { requestId, caller } = call;
  const now = services.clock.now();
  const admission = services.budgets.admit({ requestId, caller, target: planned.target, startedAt: now, demand });
  const hold = admission.ok ? admission.hold : null;
  const intent = intentOf(opening, now, hold);
  if (services.ledger.reserve(intent)) return { intent, admission };
  hold?.settle(0, false)();
  return null;
}

/**
 * Asks the budgets, writes the intent and links the attempt to the client, the deadlines and the process. Null when the ledger can take no
 * more (disk full and its queue at the bound): a call that could not be booked is not made.
 */
export function openAttempt(opening: Opening, services: Services): Attempt | null {
  const { planned, call } = opening;
  const { configured, account } = findAccount(opening);
  const booked = bookIntent(opening, services);
  if (booked === null) return null;
  const { intent, admission } = booked;
  const hold = admission.ok ? admission.hold : null;
  if (admission.ok) services.health.asked(planned.target);
  call.progress.target = planned;
  const startedAt = services.clock.monotonic();
  const lifeline = createLifeline(call.signal, services.shutdown);
  const elapsedMs = (): number => services.clock.monotonic() - startedAt;
  let firstTokenMs: number | null = null;
  let isSettled = false;
  let isCut = false;
  let sent: (() => Usage) | null = null;

  const attempt: Attempt = {
    intent,
    planned,
    next: opening.plan.targets[opening.plan.targets.indexOf(planned) + 1] ?? null,
    configured,
    account,
    signal: lifeline.signal,
    startedAt,
    get firstTokenMs() {
      return firstTokenMs;
    },
    upstreamStatus: null,
    denial: admission.ok ? null : admission.denial,
    outputCap: hold?.outputCap ?? null,
    recording: null,
    isEscalated: false,
    gate: null,
    noteSent(estimate) {
      if (!lifeline.signal.aborted) sent = estimate;
    },
    touch: () => hold?.renew(),
    noteLength() {
      isCut = attempt.outputCap !== null;
    },
    noteContent() {
      firstTokenMs ??= Math.round(elapsedMs());
    },
    abort: lifeline.cut,
    explain: (seen) => lifeline.cutFor ?? { ...seen, message: services.redact(seen.message) },
    settle(ending) {
      if (isSettled) throw new Error(`attempt ${intent.requestId}#${intent.attempt} is settled already`);
      isSettled = true;
      lifeline.release();
      attempt.recording?.booked(ending);
      const stamp = services.settle(intent, ending, (cost) => hold?.settle(cost, isCut));
      if (!call.wantsMetadata) return stamp;
      const records = [...opening.before, attempt.record("answered", null)];
      return { ...stamp, metadata: metadataOf(opening.requestedModel, records, opening.plan) };
    },
    get isSettled() {
      return isSettled;
    },
    lose(fault) {
      if (!isSettled) attempt.settle(lostEnding(fault, attempt.upstreamStatus, sent));
      if (attempt.denial === null) services.health.failed(planned.target, fault);
    },
    record: (outcome, message) => recordOf(opening, { outcome, message, durationMs: Math.round(elapsedMs()) }),
  };
  return attempt;
}
