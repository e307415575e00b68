import type { Account, ConfiguredProvider, Settings } from "../config/settings.ts";
import type { Fault } from "../core/fault.ts";
import type { ProbeView } from "../core/health-view.ts";
import { probeDueAt } from "../core/probe-schedule.ts";
import type { Clock } from "../host/clock.ts";
import type { SendUpstream } from "../host/upstream/upstream.ts";
import type { ProviderEndpoint } from "../providers/provider.ts";
import { accountCredential } from "./endpoint.ts";
import type { HealthBook } from "./health.ts";

/** Asks providers whether they are up, where no traffic tells. */
export interface Prober {
  /** Probes what is due now, and again and again until `stop`. */
  start(): void;
  /** Probes what is due now, once. */
  probeDue(): Promise<void>;
  views(): readonly ProbeView[];
  stop(): void;
}

/** What a prober needs. */
export interface ProberParts {
  readonly settings: () => Settings;
  readonly health: HealthBook;
  readonly send: SendUpstream;
  readonly clock: Clock;
  readonly redact: (text: string) => string;
  readonly version: string;
}

const LOOK_MS = 1_000;
/** A list of models is quick; what takes longer is not up. */
const PROBE_MS = 3_000;
/** How far the interval of idle probes varies, so that many daemons do not ask in step. */
const JITTER = 0.2;

interface Known {
  view: ProbeView;
  failedInRow: number;
  /** It answered a probe before. */
  wasUp: boolean;
  /** From 1 - JITTER to 1 + JITTER, drawn anew at each probe. */
  jitter: number;
}

interface Subject {
  readonly configured: ConfiguredProvider;
  readonly account: Account;
  readonly endpoint: ProviderEndpoint;
}

function keyOf({ configured, account }: Subject): string {
  return `${configured.provider.id}\n${account.id}`;
}

/** Accounts whose key is ours; a client's own credential is never used for anything it did not ask for. */
function subjectsOf({ providers }: Settings): readonly Subject[] {
  return providers.flatMap((configured) => {
    const [endpoint] = configured.provider.endpoints;
    if (endpoint === undefined || configured.auth === "client") return [];
    return configured.accounts.map((account) => ({ configured, account, endpoint }));
  });
}

/** The URLs that are asked, one after the other. */
function urlsOf({ configured, endpoint }: Subject): readonly string[] {
  const { probes } = configured.provider;
  const base = endpoint.baseUrl.replace(/\/+$/, "");
  if (probes !== undefined && URL.canParse(base)) return probes.map((path) => new URL(base).origin + path);
  return [endpoint.dialect === "ollama" ? `${base}/api/tags` : `${base}/models`];
}

/** Any answer but a server error means that it is up: a key may be allowed to ask models and not to list them. */
function faultOfStatus(status: number, url: string): Fault | null {
  if (status < 500 || status === 501) return null;
  return { kind: "upstream-error", status, message: `${new URL(url).origin} answers ${status} to a health probe.` };
}

async function ask(subject: Subject, url: string, parts: ProberParts, signal: AbortSignal): Promise<Fault | null> {
  const { provider } = subject.configured;
  const credential = accountCredential(provider, subject.endpoint, subject.account.key);
  const sent = await parts.send({
    url,
    method: "GET",
    headers: { "user-agent": `lodestar/${parts.version}`, ...provider.headers, ...credential },
    body: null,
    signal,
    deadlines: { connectMs: PROBE_MS, headersMs: PROBE_MS },
    isLocal: provider.isLocal === true,
  });
  if (!sent.ok) return sent.error;
  sent.value.cancel();
  return faultOfStatus(sent.value.status, url);
}

/** Asks every address of an account; the first fault is the outcome. */
async function askAll(subject: Subject, parts: ProberParts, signal: AbortSignal): Promise<Fault | null> {
  for (const url of urlsOf(subject)) {
    const fault = await ask(subject, url, parts, signal);
    if (fault !== null) return { ...fault, message: parts.redact(fault.message) };
  }
  return null;
}

function isProbeDue(
  { configured, account }: Subject,
  known: Known | undefined,
  since: number | null,
  parts: ProberParts,
): boolean {
  const { health, settings, clock } = parts;
  const { provider } = configured;
  const facts = {
    ...health.watched(provider.id, account.id),
    lastProbeAt: known?.view.at ?? null,
    since,
    failedInRow: known?.failedInRow ?? 0,
    isLocal: provider.isLocal === true,
    everyMs: settings().health.everyMs * (known?.jitter ?? 1),
  };
  const due = probeDueAt(facts, clock.now());
  return due !== null && due <= clock.now();
}

/** Makes a prober. It sends nothing before `start`. */
export function createProber(parts: ProberParts): Prober {
  const { settings, health, clock } = parts;
  const known = new Map<string, Known>();
  const open = new Set<string>();
  const ended = new AbortController();
  let cancel = (): void => undefined;
  let since: number | null = null;

  async function probe(subject: Subject): Promise<void> {
    const key = keyOf(subject);
    const { provider } = subject.configured;
    const startedAt = clock.monotonic();
    open.add(key);
    const fault = await askAll(subject, parts, ended.signal);
    open.delete(key);
    if (ended.signal.aborted) return;
    const tookMs = Math.round(clock.monotonic() - startedAt);
    const view = {
      provider: provider.id,
      account: subject.account.id,
      at: clock.now(),
      tookMs,
      error: fault?.message ?? null,
    };
    const before = known.get(key);
    const wasUp = fault === null || before?.wasUp === true;
    // A local server that nobody asked and that never answered is not down: it is not there.
    const isNews = wasUp || health.watched(provider.id, subject.account.id).lastSeenAt !== null;
    const failedInRow = fault === null || !isNews ? 0 : (before?.failedInRow ?? 0) + 1;
    known.set(key, { view, failedInRow, wasUp, jitter: 1 + JITTER * (2 * clock.random() - 1) });
    if (isNews) health.probed(provider.id, subject.account.id, fault);
  }

  function isDue(subject: Subject): boolean {
    const key = keyOf(subject);
    return !open.has(key) && isProbeDue(subject, known.get(key), since, parts);
  }

  async function probeDue(): Promise<void> {
    const current = settings();
    if (!current.health.hasProbes) return;
    await Promise.all(subjectsOf(current).filter(isDue).map(probe));
  }

  function look(): void {
    if (ended.signal.aborted) return;
    // Not awaited: one that hangs must not hold up the others. It never rejects.
    void probeDue();
    cancel = clock.after(LOOK_MS, look);
  }

  return {
    start() {
      since = clock.now();
      look();
    },
    probeDue,
    views: () => [...known.values()].map(({ view }) => view),
    stop() {
      ended.abort();
      cancel();
    },
  };
}
