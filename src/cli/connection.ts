import type { AdminErrorView } from "../core/admin-view.ts";
import { isJsonObject, parseJson } from "../core/json.ts";
import { failure, type Result, success } from "../core/result.ts";
import { isSshUrl } from "../core/ssh-address.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { type CliProblem, failureProblem } from "../terminal/problem.ts";
import type { DaemonLocation, InProcessApp } from "./backend.ts";
import { type Box, type BoxPort, openBox } from "./box.ts";
import type { CliHost } from "./command.ts";
import { type DaemonArgs, inputsOf } from "./shared-flags.ts";

/** One way to ask Lodestar, whether a daemon answers or this process does. */
export interface Connection {
  /** `daemon`: over HTTP; `offline`: in this process, on the state directory. */
  readonly source: "daemon" | "offline";
  /** What a person calls it: the URL, or the state directory. */
  readonly where: string;
  /** Sends a request to a path; an unreachable daemon is a problem, an HTTP error is not. */
  send(path: string, init?: RequestInit): Promise<Result<Response, CliProblem>>;
  close(): Promise<void>;
}

/** `read` may look into the database without a daemon, `write` takes the state lock then, `live` needs a daemon. */
export type Access = "read" | "write" | "live";

/** How long a daemon on this machine may take to answer a plain admin call. Milliseconds. */
const ANSWER_MS = 10_000;
const OFFLINE_ORIGIN = "http://127.0.0.1";

/** The daemon is not there. */
export function notRunning(where: string): CliProblem {
  return {
    code: "daemon_not_running",
    message: `no daemon runs on ${where}`,
    fix: "start one with: lodestar serve",
    exitCode: EXIT_CODES.notRunning,
  };
}

/** A reply that broke off while it was read; not a bug of ours, unlike any other throw. */
export function lostConnection(error: unknown, host: Pick<CliHost, "signal">, where: string): CliProblem {
  if (host.signal.aborted || !isSocketError(error)) throw error;
  return {
    code: "connection_lost",
    message: `${where} closed the connection before its answer was whole`,
    fix: "lodestar status says whether the daemon still runs",
    exitCode: EXIT_CODES.upstream,
  };
}

function isSocketError(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && /^(ECONN|ERR_SOCKET|EPIPE|Connection|Socket)/.test(String(error.code))
  );
}

function isRefused(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code === "ConnectionRefused" || code === "ECONNREFUSED" || code === "FailedToOpenSocket";
}

/** Proxy settings are for providers far away, never for a daemon on this machine. */
function isLoopback(url: string): boolean {
  return URL.canParse(url) && /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(url).hostname);
}

/** A connection over HTTP with a credential. */
function connectTo(
  baseUrl: string,
  credential: string | null,
  signal: AbortSignal,
  box: Box | null = null,
): Connection {
  const base = baseUrl.replace(/\/+$/, "");
  const where = box?.where ?? base;
  const through = box === null ? {} : { unix: box.tunnel.socket };
  return {
    source: "daemon",
    where,
    send: async (path, init = {}) => {
      const headers = new Headers(init.headers);
      if (credential !== null) headers.set("authorization", `Bearer ${credential}`);
      const isLong = init.signal !== undefined;
      const limit = isLong ? signal : AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
      try {
        const request = {
          ...init,
          ...through,
          headers,
          signal: init.signal ?? limit,
          redirect: "manual" as const,
          timeout: false,
        };
        return success(await fetch(base + path, isLoopback(base) ? { ...request, proxy: false } : request));
      } catch (error) {
        if (signal.aborted) throw error;
        const told = (await box?.tunnel.explain()) ?? null;
        if (told !== null) return failure(told);
        if (isRefused(error)) return failure(notRunning(where));
        const message = error instanceof Error ? error.message : String(error);
        return failure({
          ...notRunning(where),
          code: "daemon_unreachable",
          message: `${where} does not answer: ${message}`,
        });
      }
    },
    close: async () => box?.tunnel.close(),
  };
}

/** A connection to the daemon on another box, by SSH. */
async function connectBox(
  host: CliHost,
  args: DaemonArgs,
  url: string,
  which: BoxPort,
): Promise<Result<Connection, CliProblem>> {
  const box = await openBox(host, args, url, which);
  if (!box.ok) return box;
  const { LODESTAR_ADMIN_TOKEN, LODESTAR_API_KEY } = host.environment;
  const credential = which === "api" ? (LODESTAR_API_KEY ?? null) : (LODESTAR_ADMIN_TOKEN ?? box.value.adminToken);
  return success(connectTo(box.value.baseUrl, credential, host.signal, box.value));
}

/** A connection to an application in this process. */
function connectInProcess(app: InProcessApp, where: string): Connection {
  return {
    source: "offline",
    where,
    send: async (path, init = {}) => {
      const request = new Request(OFFLINE_ORIGIN + path, init);
      request.headers.set("host", "127.0.0.1");
      return success(await app.answer(request));
    },
    close: () => app.close(),
  };
}

/** Whether two base URLs name the same listener. */
function isSameUrl(left: string, right: string): boolean {
  return URL.canParse(left) && URL.canParse(right) && new URL(left).host === new URL(right).host;
}

/** The admin URL that belongs to `--url`: of the daemon in the state directory where that is the one meant, else the URL itself. */
function adminUrlOf(url: string, location: DaemonLocation): string {
  const { ready } = location;
  if (ready !== null && (isSameUrl(url, ready.apiUrl) || isSameUrl(url, ready.adminUrl))) return ready.adminUrl;
  return url;
}

/** Finds the daemon's state and, if it runs, its URLs. */
export async function locate(host: CliHost, args: DaemonArgs): Promise<Result<DaemonLocation, CliProblem>> {
  return (await host.backend()).locateDaemon(inputsOf(host, args));
}

/** Opens the admin API: of `--url`, of the daemon that the state directory names, or in this process as `access` allows. */
export async function openAdmin(
  host: CliHost,
  args: DaemonArgs,
  access: Access,
): Promise<Result<Connection, CliProblem>> {
  if (args.url !== undefined && isSshUrl(args.url)) return connectBox(host, args, args.url, "admin");
  const backend = await host.backend();
  const inputs = inputsOf(host, args);
  const location = backend.locateDaemon(inputs);
  if (!location.ok) return location;
  const { ready, adminToken, stateDir } = location.value;
  const token = host.environment.LODESTAR_ADMIN_TOKEN ?? adminToken;
  if (args.url !== undefined) return success(connectTo(adminUrlOf(args.url, location.value), token, host.signal));
  if (ready !== null) return success(connectTo(ready.adminUrl, token, host.signal));
  if (access === "live") return failure(notRunning(stateDir));
  const opened = access === "read" ? await backend.openReader(inputs) : await backend.openAdmin(inputs);
  return opened.ok ? success(connectInProcess(opened.value, stateDir)) : opened;
}

/** Opens the model API: of `--url`, of the running daemon, or the same gateway in this process. */
export async function openApi(host: CliHost, args: DaemonArgs): Promise<Result<Connection, CliProblem>> {
  if (args.url !== undefined && isSshUrl(args.url)) return connectBox(host, args, args.url, "api");
  const key = host.environment.LODESTAR_API_KEY ?? null;
  if (args.url !== undefined) return success(connectTo(args.url, key, host.signal));
  const backend = await host.backend();
  const inputs = inputsOf(host, args);
  const location = backend.locateDaemon(inputs);
  if (!location.ok) return location;
  if (location.value.ready !== null) return success(connectTo(location.value.ready.apiUrl, key, host.signal));
  const opened = await backend.openGateway(inputs);
  return opened.ok ? success(connectInProcess(opened.value, location.value.stateDir)) : opened;
}

const EXIT_BY_STATUS: Readonly<Record<number, CliProblem["exitCode"]>> = {
  401: EXIT_CODES.auth,
  403: EXIT_CODES.auth,
  503: EXIT_CODES.notRunning,
};

/** An error answer of the admin API as a problem. */
export async function adminProblem(response: Response, where: string): Promise<CliProblem> {
  const json = parseJson(await response.text());
  const error = isJsonObject(json) && isJsonObject(json.error) ? (json as unknown as AdminErrorView).error : null;
  const exitCode = EXIT_BY_STATUS[response.status] ?? EXIT_CODES.failure;
  if (error === null || typeof error.message !== "string" || typeof error.code !== "string") {
    const fix = "give the admin URL that `lodestar serve` printed";
    return {
      ...failureProblem("not_an_admin_api", `${where} answered ${response.status}, not as an admin API`, fix),
      exitCode,
    };
  }
  return { ...failureProblem(error.code, error.message, error.fix ?? undefined), exitCode };
}

/** Asks the admin API for a view. Its shape is trusted: both sides are the same release, and the names are a public contract. */
export async function readView<View>(
  connection: Connection,
  path: string,
  init?: RequestInit,
): Promise<Result<View, CliProblem>> {
  const response = await connection.send(path, init);
  if (!response.ok) return response;
  if (!response.value.ok) return failure(await adminProblem(response.value, connection.where));
  return success((await response.value.json()) as View);
}

/** Opens the admin API, reads one view, and closes it again. */
export async function fetchView<View>(
  host: CliHost,
  args: DaemonArgs,
  access: Access,
  path: string,
  init?: RequestInit,
): Promise<Result<View, CliProblem>> {
  const connection = await openAdmin(host, args, access);
  if (!connection.ok) return connection;
  try {
    return await readView<View>(connection.value, path, init);
  } finally {
    await connection.value.close();
  }
}
