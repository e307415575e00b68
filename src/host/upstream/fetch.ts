import type { Fault } from "../../core/fault.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { boxUrl, isSshUrl, parseSshUrl, targetText } from "../../core/ssh-address.ts";
import { allAuthorities } from "../certificates.ts";
import type { Clock } from "../clock.ts";
import type { ProxyFor } from "../proxy.ts";
import { routeSsh } from "../ssh/fetch.ts";
import { type SshRoute, sshText } from "../ssh/tunnels.ts";
import { faultOfAbort, faultOfFetch, isReset } from "./fault.ts";
import { replyOf } from "./reply.ts";
import type { SendUpstream, UpstreamReply, UpstreamRequest } from "./upstream.ts";

/** `ca` are certificate authorities besides the built-in ones, as PEM. */
export interface UpstreamOptions {
  readonly proxyFor: ProxyFor;
  readonly ca: readonly string[];
  readonly clock: Clock;
}

/** A half-open connection fails at once; a later reset may come from a provider that has begun to work, and bill. */
const STALE_SOCKET_MS = 2000;
const MAX_KNOWN_ORIGINS = 1000;

interface State extends UpstreamOptions {
  readonly session: Bun.FetchSession | null;
  /** Origins, and far ends of tunnels, that have answered, so that a connection may have been kept. */
  readonly answered: Set<string>;
}

/**
 * Makes the one function through which providers are called. It never follows a redirect (a key goes to its own host only), has
 * deadlines of its own instead of Bun's idle limit, and tries once more on a fresh connection when a kept one turns out to be dead.
 */
export function createUpstream(options: UpstreamOptions): SendUpstream {
  const ca = [...allAuthorities(options.ca)];
  const session = ca.length === 0 ? null : new Bun.FetchSession({ tls: { ca } });
  const state: State = { ...options, session, answered: new Set() };
  return (request) => (isSshUrl(request.url) ? sendThrough(state, request) : send(state, request));
}

/** How a call goes through a tunnel; `place` is how people know its far end. */
interface Tunnelled {
  readonly socket: string;
  readonly place: string;
}

function placeOf(url: string): string {
  const parsed = parseSshUrl(url);
  if (!parsed.ok || parsed.value.target === null) return "ssh://";
  return `${boxUrl(parsed.value.box)}/${targetText(parsed.value.target)}`;
}

/** A call through a tunnel: first that has to be up, within the time for a connection and as part of it. */
async function sendThrough(state: State, request: UpstreamRequest): Promise<Result<UpstreamReply, Fault>> {
  const { url, signal, deadlines } = request;
  const startedAt = state.clock.monotonic();
  const route = await routeSsh(url, Math.min(deadlines.connectMs, deadlines.headersMs), signal);
  if (signal.aborted) return failure(faultOfAbort(signal));
  if (!route.ok) return failure({ kind: "connect", message: `No connection to ${placeOf(url)}: ${route.error}` });
  const spentMs = state.clock.monotonic() - startedAt;
  const left = { connectMs: deadlines.connectMs, headersMs: Math.max(1, deadlines.headersMs - spentMs) };
  const sent = await send(
    state,
    { ...request, url: route.value.url, deadlines: left },
    { socket: route.value.socket, place: placeOf(url) },
  );
  return sent.ok || sent.error.kind !== "connect" ? sent : failure(await explained(sent.error, url, route.value));
}

async function explained(fault: Fault, url: string, route: SshRoute): Promise<Fault> {
  const problem = await route.explain();
  const said = problem === null ? "the SSH tunnel broke. It is made again by itself." : sshText(problem);
  return { ...fault, message: `No connection through ${placeOf(url)}: ${said}` };
}

async function send(
  state: State,
  request: UpstreamRequest,
  tunnel: Tunnelled | null = null,
): Promise<Result<UpstreamReply, Fault>> {
  const url = URL.parse(request.url);
  if (url === null) return failure({ kind: "unavailable", message: "The provider's base URL is not a URL." });
  const place = tunnel?.place ?? url.origin;
  const controller = new AbortController();
  const abort = () => controller.abort(faultOfAbort(request.signal));
  if (request.signal.aborted) return failure(faultOfAbort(request.signal));
  request.signal.addEventListener("abort", abort, { once: true });
  const release = () => request.signal.removeEventListener("abort", abort);
  const proxy = request.isLocal || tunnel !== null ? null : state.proxyFor(url);
  const stopDeadlines = startDeadlines(state.clock, { request, controller, url, proxy, tunnel });
  try {
    const response = await fetchFresh(state, { request, controller, url, proxy, tunnel });
    remember(state, place);
    const reply = replyOf(response, { controller, place, release });
    return isRedirect(response) ? failure(refuseRedirect(response, url, reply)) : success(reply);
  } catch (error) {
    release();
    return failure(controller.signal.aborted ? faultOfAbort(controller.signal) : faultOfFetch(error, place));
  } finally {
    stopDeadlines();
  }
}

interface Call {
  readonly request: UpstreamRequest;
  readonly controller: AbortController;
  readonly url: URL;
  readonly proxy: string | null;
  /** Null for a connection of one's own. */
  readonly tunnel: Tunnelled | null;
}

async function fetchFresh(state: State, call: Call): Promise<Response> {
  const startedAt = state.clock.monotonic();
  try {
    return await fetchOnce(state, call, true);
  } catch (error) {
    const isStale =
      state.answered.has(call.tunnel?.place ?? call.url.origin) &&
      state.clock.monotonic() - startedAt < STALE_SOCKET_MS;
    if (!isReset(error) || !isStale || call.controller.signal.aborted) throw error;
    return fetchOnce(state, call, false);
  }
}

function fetchOnce(
  state: State,
  { request, controller, proxy, url, tunnel }: Call,
  keepalive: boolean,
): Promise<Response> {
  return fetch(url, {
    method: request.method,
    // A compressor would hold events of a stream back, and a compressed reply may unpack to any size.
    headers: { "accept-encoding": "identity", ...request.headers },
    body: request.body,
    redirect: "manual",
    signal: controller.signal,
    keepalive,
    proxy: proxy === null ? false : { url: proxy, respectNoProxy: false },
    ...(tunnel === null ? {} : { unix: tunnel.socket }),
    ...(state.session === null ? {} : { session: state.session }),
    // Not in the types: no idle limit, since a cold local model may take minutes.
    ...{ timeout: false },
  });
}

function remember(state: State, origin: string): void {
  if (state.answered.size < MAX_KNOWN_ORIGINS) state.answered.add(origin);
}

/**
 * One timer in the common case. fetch does not tell when it is connected, so only when nothing came by `connectMs` a connection is
 * tried beside it: if that does not come about either, the host cannot be reached; if it does, the provider is merely slow.
 */
function startDeadlines(clock: Clock, { request, controller, url, proxy, tunnel }: Call): () => void {
  const { connectMs, headersMs } = request.deadlines;
  const expire = (phase: "connect" | "headers", afterMs: number) => {
    const what = phase === "connect" ? "could not be reached" : "sent no answer";
    controller.abort({
      kind: "timeout",
      phase,
      afterMs,
      message: `${tunnel?.place ?? url.origin} ${what} within ${afterMs} ms.`,
    } satisfies Fault);
  };
  const patienceMs = Math.min(connectMs, headersMs);
  let cancel = clock.after(patienceMs, () => {
    if (headersMs <= connectMs) return expire("headers", headersMs);
    cancel = clock.after(headersMs - connectMs, () => expire("headers", headersMs));
    // A tunnel is up, or the call would not have begun.
    if (tunnel !== null) return;
    void canConnect(proxy === null ? url : new URL(proxy), patienceMs, clock).then((isReachable) => {
      if (!isReachable) expire("connect", connectMs);
    });
  });
  return () => cancel();
}

function canConnect(url: URL, timeoutMs: number, clock: Clock): Promise<boolean> {
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  return new Promise((resolve) => {
    const cancel = clock.after(timeoutMs, () => resolve(false));
    const finish = (socket?: { end(): void }) => {
      socket?.end();
      cancel();
      resolve(true);
    };
    // Any other failure (refused, unknown host) is for the request itself to tell.
    Bun.connect({
      hostname: url.hostname.replace(/^\[|\]$/g, ""),
      port,
      socket: { open: finish, data: () => undefined, connectError: () => finish() },
    }).catch(() => finish());
  });
}

function isRedirect(response: Response): boolean {
  return response.status >= 300 && response.status < 400;
}

function refuseRedirect(response: Response, url: URL, reply: UpstreamReply): Fault {
  const location = URL.parse(response.headers.get("location") ?? "", url.href);
  reply.cancel();
  const where = location === null ? "" : ` to ${location.origin}${location.pathname}`;
  const message = `${url.origin} redirects${where}. Redirects are not followed, since they would carry the key elsewhere; correct the provider's baseUrl.`;
  return { kind: "upstream-error", status: response.status, code: "redirect", message };
}
