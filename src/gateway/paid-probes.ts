import { windowOf } from "../core/calendar.ts";
import type { LodestarEvent } from "../core/event.ts";
import type { PaidProbesView, PaidProbeView } from "../core/health-view.ts";
import { inputBound, inputTokensFor } from "../core/input-bound.ts";
import { NO_LIMITS } from "../core/key-limits.ts";
import type { NanoUsd } from "../core/money.ts";
import { worstCase } from "../core/price.ts";
import { targetName } from "../core/target.ts";
import { answerChat } from "./answer.ts";
import { bugFault } from "./bug.ts";
import type { Answer, ChatCall } from "./call.ts";
import type { Services } from "./services.ts";

/** The tag that their rows have in the ledger. */
const TAG = "health-probe";
const LOOK_MS = 1_000;
/** How far the interval varies, so that many daemons do not ask in step. */
const JITTER = 0.2;

/** Asks configured models for one token now and then, as a client would: through breakers and budgets, into the ledger. */
export interface PaidProber {
  /** Asks what is due, again and again until `stop`; nothing before it was on for one interval. */
  start(): void;
  /** Asks what is due now, once. */
  probeDue(): Promise<void>;
  /** Null where no model is to be asked. */
  view(): PaidProbesView | null;
  stop(): void;
}

interface Known {
  view: PaidProbeView;
  /** When it was asked last, or answered somebody else; Unix ms. */
  newsAt: number;
  /** From 1 - JITTER to 1 + JITTER, drawn anew at each probe. */
  jitter: number;
}

type Settled = Extract<LodestarEvent, { event: "settled" }>;

type Spending = ReturnType<typeof createSpending>;

/** What probes cost today: what the ledger has from before, and all that is settled since. */
function createSpending({ ledger, settings, clock, log }: Services) {
  let day: { readonly from: number; readonly to: number; spentNanoUsd: NanoUsd } | null = null;

  function readDay(now: number): typeof day {
    const { from, to } = windowOf("day", now, settings().timeZone);
    if (from === null || to === null) return null;
    try {
      return { from, to, spentNanoUsd: ledger.totals({ from, to, tag: TAG }).costNanoUsd };
    } catch (error) {
      log.write("warn", "what paid probes cost today cannot be read", { error: String(error) });
      return null;
    }
  }

  function today(): typeof day {
    const now = clock.now();
    if (day === null || now < day.from || now >= day.to) day = readDay(now);
    return day;
  }

  return {
    /** Null while the ledger cannot be read. */
    spent: (): NanoUsd | null => today()?.spentNanoUsd ?? null,
    add(costNanoUsd: NanoUsd): void {
      const current = today();
      if (current !== null) current.spentNanoUsd += costNanoUsd;
    },
  };
}

function callFor(model: string, services: Services, given: Pick<ChatCall, "requestId" | "signal">): ChatCall {
  const dialect = services.dialects["openai-chat"];
  const json = { model, messages: [{ role: "user", content: "Hi" }], max_tokens: 1 };
  const decoded = dialect?.decodeRequest(json);
  if (dialect === undefined || decoded?.ok !== true) throw new Error("a paid probe cannot be written");
  const nobody = { keyId: null, project: null, session: null, file: null, credential: null, allowedModels: [] };
  return {
    ...given,
    caller: { ...nobody, client: "lodestar-health", tag: TAG, limits: NO_LIMITS },
    dialect,
    passHeaders: {},
    isStrict: false,
    wantsMetadata: false,
    task: null,
    isBatch: true,
    cacheWish: { switch: "off", maxAgeMs: null },
    arrivedAt: services.clock.monotonic(),
    progress: { target: null },
    request: decoded.value,
    body: { text: JSON.stringify(json), json },
  };
}

/** What a probe can cost at most, all its attempts together; null where no price is known. */
function mostFor({ request }: ChatCall, { prices, settings, clock }: Services): NanoUsd | null {
  const [id = "", ...rest] = request.model.split("/");
  const model = rest.join("/");
  const rates = prices.priceOf(id, model, clock.now())?.rates;
  if (rates === undefined) return null;
  const accounts = settings().providers.find(({ provider }) => provider.id === id)?.accounts.length ?? 1;
  const inputTokens = inputTokensFor(inputBound(request), model);
  const once = worstCase(rates, { inputTokens, hasMedia: false, outputTokens: 1 });
  return once * Math.max(1, accounts) * settings().retries.attemptsPerTarget;
}

/** Why a probe is not sent; null where it may be. */
function unaffordable(call: ChatCall, spent: NanoUsd | null, cap: NanoUsd, services: Services): string | null {
  const most = mostFor(call, services);
  if (most === null)
    return "not asked: no price is known, so the cap could not hold; give it one (`lodestar prices override`)";
  if (spent === null) return "not asked: the ledger cannot be read, so the cap could not hold";
  return spent + most > cap ? "not asked: the day's cap is used up" : null;
}

function faultOf(answer: Answer): string | null {
  return answer.kind === "error" ? answer.fault.message : null;
}

interface Asking extends Pick<ChatCall, "requestId" | "signal"> {
  readonly model: string;
  readonly cap: NanoUsd;
}

/** Asks a model, and tells how that went; not asked it has no time. */
async function ask({ model, cap, ...ids }: Asking, spending: Spending, services: Services): Promise<PaidProbeView> {
  const { clock, redact, log } = services;
  const call = callFor(model, services, ids);
  const before = spending.spent();
  const refusal = unaffordable(call, before, cap, services);
  if (refusal !== null || before === null) {
    return { model, at: null, tookMs: null, costNanoUsd: null, error: refusal };
  }
  const at = clock.now();
  const error = await answerChat(call, services).then(
    faultOf,
    (bug: unknown) => bugFault(bug, ids.requestId, log).message,
  );
  const tookMs = Math.round(clock.monotonic() - call.arrivedAt);
  const costNanoUsd = Math.max(0, (spending.spent() ?? before) - before);
  return { model, at, tookMs, costNanoUsd, error: error === null ? null : redact(error) };
}

/** What is known of each model. */
function createBook(startedAt: () => number) {
  const known = new Map<string, Known>();
  return (model: string): Known => {
    const view = { model, at: null, tookMs: null, costNanoUsd: null, error: null };
    const entry = known.get(model) ?? { view, newsAt: startedAt(), jitter: 1 };
    known.set(model, entry);
    return entry;
  };
}

/** Makes a prober. It sends nothing before `start`. */
export function createPaidProber(services: Services, mintRequestId: () => string): PaidProber {
  const { settings, clock, bus } = services;
  const spending = createSpending(services);
  const ended = new AbortController();
  let startedAt = 0;
  let isBusy = false;
  let cancel = (): void => undefined;
  const knownOf = createBook(() => startedAt);

  /** Whoever it answers, a model that answers need not be asked. */
  function hear({ intent, outcome }: Settled): void {
    const name = targetName(intent);
    if (intent.tag === TAG) spending.add(outcome.costNanoUsd ?? 0);
    const isAnswered = outcome.state === "final" || outcome.state === "estimated";
    if (isAnswered && settings().health.paid?.models.includes(name) === true) knownOf(name).newsAt = outcome.endedAt;
  }

  const unsubscribe = bus.subscribe((event) => {
    if (event.event === "settled" && settings().health.paid !== null) hear(event);
  });

  async function probe(model: string, cap: NanoUsd): Promise<void> {
    const entry = knownOf(model);
    const view = await ask({ model, cap, requestId: mintRequestId(), signal: ended.signal }, spending, services);
    if (ended.signal.aborted) return;
    entry.view = view.at === null ? { ...entry.view, error: view.error } : view;
    if (view.at === null) return;
    entry.newsAt = clock.now();
    entry.jitter = 1 + JITTER * (2 * clock.random() - 1);
  }

  /** One after the other: each is held against what those before it have cost. */
  async function probeDue(): Promise<void> {
    const { paid } = settings().health;
    if (paid === null || isBusy) return;
    isBusy = true;
    for (const model of paid.models) {
      const { newsAt, jitter } = knownOf(model);
      const isDue = clock.now() - newsAt >= paid.everyMs * jitter;
      if (isDue && !ended.signal.aborted) await probe(model, paid.capNanoUsd);
    }
    isBusy = false;
  }

  function look(): void {
    // Not awaited: it never rejects, and looks again only when it is done.
    void probeDue();
    cancel = clock.after(LOOK_MS, look);
  }

  return {
    start() {
      startedAt = clock.now();
      look();
    },
    probeDue,
    view() {
      const { paid } = settings().health;
      if (paid === null) return null;
      const models = paid.models.map((model) => knownOf(model).view);
      return { everyMs: paid.everyMs, capNanoUsd: paid.capNanoUsd, spentNanoUsd: spending.spent(), models };
    },
    stop() {
      ended.abort();
      unsubscribe();
      cancel();
    },
  };
}
