import type { BackendInputs, Daemon } from "../cli/backend.ts";
import { loadSettings } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { ruleWarnings } from "../config/rules.ts";
import { failure, type Result, success } from "../core/result.ts";
import { createPaidProber, type PaidProber } from "../gateway/paid-probes.ts";
import { createNotifier, type ServiceNotifier } from "../host/notify.ts";
import { ensureAdminToken } from "../host/state.ts";
import { removeReady, writeReady } from "../host/state-lock.ts";
import type { AdminContext } from "../http/admin/context.ts";
import type { Ledger } from "../stores/ports.ts";
import { startRetention } from "../stores/retention.ts";
import { type CliProblem, failureProblem } from "../terminal/problem.ts";
import { logEvents } from "./access-log.ts";
import { adminContext, type Serving } from "./admin.ts";
import { logCrashes } from "./crash.ts";
import { recordGpu } from "./gpu.ts";
import { loadFor, type Opening, openState } from "./opening.ts";
import { stateProblem } from "./problems.ts";
import { mintRequestId } from "./secret.ts";
import { type Listeners, openListeners } from "./serving.ts";
import { summarize } from "./summary.ts";
import { startWarmUps } from "./warm-up.ts";
import { watchFiles } from "./watch-files.ts";

const DAY_MS = 86_400_000;
/** Eight half-lives of what is judged of answers: what is left then counts four thousandths. */
const EVIDENCE_DAYS = 730;
/** Local servers get this long to answer before the ready lines are written without them. */
const FIRST_LOOK_MS = 250;
const DRAIN_LOOK_MS = 50;
const DRAIN_WORD_MS = 1_000;
/** After the deadline, broken-off streams get this long to tell their clients. */
const LAST_WORDS_MS = 1_000;
/** The same where someone insists on an end at once. */
const ABORT_WORDS_MS = 200;

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

function exposureProblem(host: string): CliProblem {
  return failureProblem(
    "keys_required",
    `Listening on ${host} would let anyone on the network use your providers, since no client key exists yet.`,
    "run `lodestar keys create me` first, or listen on 127.0.0.1",
  );
}

/** One daemon in this process, from its open ports to its end. */
class RunningDaemon implements Daemon {
  readonly closed: Promise<void>;
  private readonly opening: Opening;
  private readonly inputs: BackendInputs;
  private readonly admin: AdminContext;
  private readonly notifier: ServiceNotifier;
  private readonly startedAt: number;
  private readonly paidProber: PaidProber;
  private readonly undo: (() => void)[] = [];
  private listeners: Listeners | null = null;
  private isReady = false;
  private configProblem: string | null = null;
  private isClosing = false;
  private isHasty = false;
  private closing: Promise<void> | null = null;
  private finish: () => void = () => undefined;
  private fail: (error: unknown) => void = () => undefined;

  constructor(opening: Opening, inputs: BackendInputs, token: string) {
    this.opening = opening;
    this.inputs = inputs;
    this.notifier = createNotifier(inputs.environment);
    this.startedAt = opening.clock.now();
    this.paidProber = createPaidProber(opening.runtime.services, mintRequestId);
    this.admin = adminContext({
      ...opening,
      token,
      version: inputs.version,
      serving: () => this.describe(),
      control: {
        subscribe: (listener) => this.subscribe(listener),
        reload: () => this.reload(),
        stop: (reason) => void this.stop(reason),
      },
    });
    this.closed = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
  }

  /** Opens both ports; requests are answered `not ready` until {@link announce}. */
  async openPorts(): Promise<CliProblem | null> {
    const opened = await openListeners(this.opening, () => this.isReady, this.admin);
    if (!opened.ok) return opened.error;
    this.listeners = opened.value;
    return null;
  }

  get apiUrl(): string {
    return this.ports.api.url;
  }

  get adminUrl(): string {
    return this.ports.admin.url;
  }

  get adminLink(): string {
    return `${this.adminUrl}/?token=${this.admin.sessions.mintLink()}`;
  }

  get stateDir(): string {
    return this.opening.stateDir;
  }

  get summary(): Daemon["summary"] {
    const { takenAdminPort } = this.ports;
    return { ...summarize(this.opening), ...(takenAdminPort === null ? {} : { takenAdminPort }) };
  }

  private get ports(): Listeners {
    if (this.listeners === null) throw new Error("the ports are not open");
    return this.listeners;
  }

  private describe(): Serving | null {
    if (this.listeners === null) return null;
    const { api, admin } = this.listeners;
    return {
      apiUrl: api.url,
      adminUrl: admin.url,
      startedAt: this.startedAt,
      pending: api.pending(),
      configProblem: this.configProblem,
      paidProbes: this.paidProber.view(),
    };
  }

  /** Says that it serves: to client commands, the service manager and the bus; starts what runs beside the requests. */
  announce(): void {
    const { runtime, log, clock } = this.opening;
    const { apiUrl, adminUrl, stateDir, startedAt } = this;
    const { version } = this.inputs;
    this.undo.push(logCrashes(log), logEvents(runtime.bus, log));
    writeReady(stateDir, { apiUrl, adminUrl, pid: process.pid, version, startedAt });
    this.isReady = true;
    runtime.bus.emit({ event: "ready", at: startedAt, apiUrl, adminUrl, stateDir, version, pid: process.pid });
    this.notifier.ready(`serving on ${apiUrl}`);
    this.startRetention();
    this.undo.push(startWarmUps(runtime));
    // Not at the first call of a model: the context that it is loaded with then stays for the session.
    this.undo.push(runtime.gpu.subscribe(() => void runtime.localSide.cardFit.readShapes()));
    runtime.healthSide.prober.start();
    this.paidProber.start();
    this.undo.push(this.paidProber.stop);
    this.undo.push(recordGpu({ watch: runtime.gpu, stateDir, clock, log }));
    const reload = (): void => void this.reload();
    this.undo.push(watchFiles(() => runtime.loaded().watch, reload, clock));
    if (this.notifier.watchdogMs !== null) this.keepAlive(this.notifier.watchdogMs);
  }

  private startRetention(): void {
    const { runtime, stores, responses, log, clock } = this.opening;
    const { settings } = runtime.services;
    const start = (what: string, store: Pick<Ledger, "prune">, days: () => number): void => {
      const onError = (error: unknown): void =>
        log.write("warn", `old ${what} could not be deleted`, { error: String(error) });
      const newest = (): number | null => [...stores.ledger.query({}, 1)][0]?.startedAt ?? null;
      this.undo.push(startRetention({ store, clock, days, newest, onError }));
    };
    start("ledger rows", stores.ledger, () => settings().retention.ledgerDays);
    if (responses !== null) start("responses", responses, () => settings().retention.responsesDays);
    const { store } = runtime.cacheSide;
    start("evidence", runtime.evidenceSide, () => EVIDENCE_DAYS);
    start("routes", runtime.routingSide, () => settings().retention.routesDays);
    if (store !== null) start("kept answers", store, () => settings().cache.ttlMs / DAY_MS);
  }

  private keepAlive(everyMs: number): void {
    let cancel = (): void => undefined;
    const beat = (): void => {
      this.notifier.watchdog();
      cancel = this.opening.clock.after(everyMs, beat);
    };
    beat();
    this.undo.push(() => cancel());
  }

  subscribe(listener: Parameters<Daemon["subscribe"]>[0]): () => void {
    return this.opening.runtime.bus.subscribe(listener);
  }

  async reload(): Promise<Result<string, string>> {
    const { runtime, clock } = this.opening;
    const loaded = loadSettings({ flags: this.inputs.flags, environment: this.inputs.environment });
    const at = clock.now();
    if (!loaded.ok) {
      const message = `${loaded.error.map(formatProblem).join("\n")}\nThe configuration in use stays as it was.`;
      this.configProblem = loaded.error.map(formatProblem).join("\n");
      runtime.bus.emit({ event: "config", at, outcome: "rejected", message });
      return failure(message);
    }
    this.configProblem = null;
    const before = runtime.loaded().settings.server;
    runtime.use(loaded.value);
    const { host, port, adminPort } = loaded.value.settings.server;
    const needsRestart = host !== before.host || port !== before.port || adminPort !== before.adminPort;
    const restart = needsRestart ? ["host and ports change at the next `lodestar restart`"] : [];
    const message = ["loaded", ...restart, ...ruleWarnings(loaded.value.findings)].join("; ");
    runtime.bus.emit({ event: "config", at, outcome: "loaded", message });
    return success(message);
  }

  /** Takes no more requests, lets the running ones end within the deadline, breaks off the rest, closes. */
  async stop(reason: string): Promise<void> {
    if (this.isClosing) return this.closed.catch(() => undefined);
    this.isClosing = true;
    const { runtime, clock, log } = this.opening;
    const { drainMs } = runtime.services.settings();
    const deadline = clock.monotonic() + drainMs;
    log.write("info", "stopping", { reason });
    this.withdraw();
    this.ports.api.drain().catch((error: unknown) => log.write("warn", "draining failed", { error: String(error) }));
    let nextWord = clock.monotonic();
    while (this.ports.api.pending() > 0 && clock.monotonic() < deadline) {
      if (clock.monotonic() >= nextWord) {
        nextWord += DRAIN_WORD_MS;
        const deadlineMs = Math.round(deadline - clock.monotonic());
        runtime.bus.emit({ event: "draining", at: clock.now(), open: this.ports.api.pending(), deadlineMs });
        this.notifier.status(`draining: ${this.ports.api.pending()} requests open`);
      }
      await this.pause(DRAIN_LOOK_MS);
    }
    await this.breakOff(LAST_WORDS_MS);
  }

  /** Stops without waiting for anyone: open streams are told, and that is all. */
  abort(): void {
    this.isClosing = true;
    this.isHasty = true;
    this.withdraw();
    void this.breakOff(ABORT_WORDS_MS);
  }

  /** Breaks off what is open, gives the clients' error events so long to go out, and closes. */
  private async breakOff(lastWordsMs: number): Promise<void> {
    const { runtime, clock } = this.opening;
    runtime.abort();
    const until = clock.monotonic() + lastWordsMs;
    while (this.ports.api.pending() > 0 && clock.monotonic() < until) await this.pause(DRAIN_LOOK_MS);
    await this.close();
  }

  private withdraw(): void {
    this.isReady = false;
    removeReady(this.stateDir);
    this.notifier.stopping("stopping");
  }

  private pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.opening.clock.after(delayMs, resolve));
  }

  /** Closes everything, once, whoever asks. */
  private close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    for (const undo of this.undo.splice(0)) undo();
    await Promise.all([this.ports.api.close(), this.ports.admin.close()]);
    await this.opening.close({ isHasty: this.isHasty }).then(this.finish, this.fail);
  }
}

/** Looks at the local servers, but does not let a slow one hold up the start. */
function firstLook({ runtime, clock }: Opening): Promise<void> {
  return Promise.race([runtime.local.refresh(), new Promise<void>((resolve) => clock.after(FIRST_LOOK_MS, resolve))]);
}

/** Opens state and ports and serves; fails with what to do about it. */
export async function startDaemon(inputs: BackendInputs): Promise<Result<Daemon, CliProblem>> {
  const loaded = loadFor(inputs);
  if (!loaded.ok) return loaded;
  const opened = openState(inputs, loaded.value, { isEchoOn: false });
  if (!opened.ok) return opened;
  const opening = opened.value;
  const fail = async (problem: CliProblem): Promise<Result<Daemon, CliProblem>> => {
    await opening.close();
    return failure(problem);
  };
  const { host } = loaded.value.settings.server;
  if (!isLoopback(host) && !opening.keyring.isRequired()) return fail(exposureProblem(host));
  const token = ensureAdminToken(opening.stateDir);
  if (!token.ok) return fail(stateProblem(token.error));
  opening.redactor.addSecret(token.value);
  const daemon = new RunningDaemon(opening, inputs, token.value);
  const problem = await daemon.openPorts();
  if (problem !== null) return fail(problem);
  await firstLook(opening);
  daemon.announce();
  return success(daemon);
}
