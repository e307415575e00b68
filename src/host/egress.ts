import { failure, type Result, success } from "../core/result.ts";
import { allAuthorities } from "./certificates.ts";
import type { Clock } from "./clock.ts";
import {
  checkAddresses,
  checkUrl,
  type EgressException,
  type EgressFault,
  egressFault,
  hostOf,
  portOf,
} from "./egress-rules.ts";
import { isInCidr, parseAddress } from "./ip-address.ts";
import { errorCode } from "./private-file.ts";

/** What may come back. `mediaTypes` are lower-case, `image/*` stands for a whole family. */
export interface FetchLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly mediaTypes: readonly string[];
  readonly signal?: AbortSignal;
}

/** Bytes and what they are, by the server's own word. */
export interface Fetched {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** The only way in which anything a user names by URL is fetched. */
export interface Egress {
  fetchGuarded(url: string, limits: FetchLimits): Promise<Result<Fetched, EgressFault>>;
}

/** `resolve` returns every address of a name, and none for an unknown one. */
export interface EgressOptions {
  readonly clock: Clock;
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  readonly isException?: EgressException;
  /** Certificate authorities besides the built-in ones, as PEM. */
  readonly ca?: readonly string[];
}

const MAX_REDIRECTS = 3;

/** Every address of a name, by the system's resolver; none for an unknown one. */
export async function resolveBySystem(host: string): Promise<readonly string[]> {
  try {
    return (await Bun.dns.lookup(host)).map(({ address }) => address);
  } catch {
    return [];
  }
}

interface Job {
  readonly limits: FetchLimits;
  readonly signal: AbortSignal;
  readonly resolve: (host: string) => Promise<readonly string[]>;
  readonly isException: EgressException;
  readonly ca: readonly string[];
}

/**
 * Makes the guarded client. A URL is parsed, its name resolved, **every** address checked, and the connection made to the
 * checked address itself (so a second look-up cannot lead elsewhere), with the name as Host header and TLS server name.
 * Redirects are followed by hand, at most three, each checked anew. No proxy, no cookies, no credentials.
 */
export function createEgress(options: EgressOptions): Egress {
  const { clock, resolve = resolveBySystem, isException = () => false } = options;
  const ca = allAuthorities(options.ca);
  return {
    async fetchGuarded(url, limits) {
      const controller = new AbortController();
      const leave = () => controller.abort(egressFault("client_left", "The client left."));
      if (limits.signal?.aborted === true) leave();
      limits.signal?.addEventListener("abort", leave, { once: true });
      const cancelTimer = clock.after(limits.timeoutMs, () => {
        controller.abort(egressFault("url_timeout", `The URL did not answer within ${limits.timeoutMs} ms.`));
      });
      try {
        return await untilAborted(
          controller.signal,
          followUrl(url, { limits, signal: controller.signal, resolve, isException, ca }),
        );
      } finally {
        cancelTimer();
        limits.signal?.removeEventListener("abort", leave);
      }
    },
  };
}

/** The outcome of work, or the reason of an abort as soon as it comes: a resolver that hangs has no signal of its own. */
export function untilAborted<Value>(
  signal: AbortSignal,
  work: Promise<Result<Value, EgressFault>>,
): Promise<Result<Value, EgressFault>> {
  const aborted = new Promise<Result<Value, EgressFault>>((resolve) => {
    if (signal.aborted) resolve(failure(signal.reason));
    signal.addEventListener("abort", () => resolve(failure(signal.reason)), { once: true });
  });
  return Promise.race([aborted, work]);
}

async function followUrl(text: string, job: Job): Promise<Result<Fetched, EgressFault>> {
  let next = text;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const answer = await requestOnce(next, job);
    if (!answer.ok) return answer;
    const { url, response } = answer.value;
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) return readAnswer(url, response, job);
    await response.body?.cancel();
    const target = URL.parse(location, url.href);
    if (target === null)
      return failure(egressFault("url_invalid", `${hostOf(url)} redirects to something that is no URL.`));
    if (url.protocol === "https:" && target.protocol === "http:") {
      return failure(
        egressFault("url_forbidden", `${hostOf(url)} redirects from https to http, which is not followed.`),
      );
    }
    next = target.href;
  }
  return failure(egressFault("url_redirects", `More than ${MAX_REDIRECTS} redirects.`));
}

async function requestOnce(text: string, job: Job): Promise<Result<{ url: URL; response: Response }, EgressFault>> {
  const checked = checkUrl(text);
  if (!checked.ok) return checked;
  const url = checked.value;
  const host = hostOf(url);
  const addresses = parseAddress(host) === undefined ? await job.resolve(host) : [host];
  const refusal = checkAddresses(url, addresses, job.isException);
  if (refusal !== null) return failure(refusal);
  return connectToAny(url, addresses, job);
}

function connectToAny(url: URL, addresses: readonly string[], { signal, limits, ca }: Job) {
  const headers = { accept: limits.mediaTypes.join(", "), "accept-encoding": "identity" };
  return fetchPinned(url, addresses, { method: "GET", headers, signal, ca });
}

/** One request to addresses that were checked; `signal` aborts with an {@link EgressFault} as its reason. */
export interface PinnedRequest {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  readonly ca: readonly string[];
}

/** Tries the checked addresses one by one, IPv4 first, until one takes the connection. Redirects are not followed. */
export async function fetchPinned(
  url: URL,
  addresses: readonly string[],
  request: PinnedRequest,
): Promise<Result<{ readonly url: URL; readonly response: Response }, EgressFault>> {
  const ordered = [...addresses].sort((one, other) => Number(one.includes(":")) - Number(other.includes(":")));
  let last = egressFault("url_unreachable", `${hostOf(url)} cannot be reached.`);
  for (const address of ordered) {
    try {
      return success({ url, response: await fetchAt(url, address, request) });
    } catch (error) {
      if (request.signal.aborted) return failure<EgressFault>(request.signal.reason);
      last = egressFault(
        "url_unreachable",
        `${hostOf(url)} cannot be reached (${errorCode(error) || "no connection"}).`,
      );
    }
  }
  return failure(last);
}

function fetchAt(url: URL, address: string, request: PinnedRequest): Promise<Response> {
  const { method, headers, body, signal, ca } = request;
  const literal = address.includes(":") ? `[${address}]` : address;
  const isName = parseAddress(hostOf(url)) === undefined;
  return fetch(`${url.protocol}//${literal}:${portOf(url)}${url.pathname}${url.search}`, {
    method,
    headers: { "user-agent": "lodestar", ...headers, host: url.host },
    ...(body === undefined ? {} : { body }),
    redirect: "manual",
    proxy: false,
    // A pooled connection is found by address: it may have been opened for another name.
    keepalive: false,
    signal,
    tls: { ...(isName ? { serverName: hostOf(url) } : {}), ...(ca.length > 0 ? { ca: [...ca] } : {}) },
  });
}

async function readAnswer(url: URL, response: Response, job: Job): Promise<Result<Fetched, EgressFault>> {
  const refusal = headersRefusal(url, response, job.limits);
  if (refusal !== null) {
    await response.body?.cancel();
    return failure(refusal);
  }
  try {
    const bytes = await readCapped(response, job.limits.maxBytes);
    if (bytes === null) return failure(tooLarge(url, job.limits.maxBytes));
    return success({ bytes, mediaType: mediaTypeOf(response) });
  } catch (error) {
    if (job.signal.aborted) return failure<EgressFault>(job.signal.reason);
    return failure(egressFault("url_unreachable", `${hostOf(url)} broke off (${errorCode(error) || "no more data"}).`));
  }
}

function headersRefusal(url: URL, response: Response, limits: FetchLimits): EgressFault | null {
  const host = hostOf(url);
  if (response.status !== 200) return egressFault("url_status", `${host} answered with status ${response.status}.`);
  const mediaType = mediaTypeOf(response);
  if (!limits.mediaTypes.some((allowed) => matchesMediaType(mediaType, allowed))) {
    const wanted = limits.mediaTypes.join(", ");
    const shown = /^[\w.+-]+\/[\w.+-]+$/.test(mediaType) ? mediaType.slice(0, 80) : "no media type";
    return egressFault("url_media_type", `${host} sent ${shown}; wanted is ${wanted}.`);
  }
  return Number(response.headers.get("content-length") ?? 0) > limits.maxBytes ? tooLarge(url, limits.maxBytes) : null;
}

function mediaTypeOf(response: Response): string {
  return (response.headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

function matchesMediaType(mediaType: string, allowed: string): boolean {
  return allowed.endsWith("/*") ? mediaType.startsWith(allowed.slice(0, -1)) : mediaType === allowed;
}

function tooLarge(url: URL, maxBytes: number): EgressFault {
  return egressFault("url_too_large", `${hostOf(url)} sent more than ${maxBytes} bytes.`);
}

/** The body, counted after decompression; null as soon as it is larger than allowed. */
async function readCapped(response: Response, maxBytes: number): Promise<Uint8Array | null> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (let chunk = await reader?.read(); chunk?.value !== undefined; chunk = await reader?.read()) {
    total += chunk.value.length;
    if (total > maxBytes) {
      await reader?.cancel();
      return null;
    }
    chunks.push(chunk.value);
  }
  return Buffer.concat(chunks);
}

/** An exception for the blocks an operator named, such as `10.1.0.0/16`; any port. */
export function exceptionForBlocks(cidrs: readonly string[]): EgressException {
  return (address) => cidrs.some((cidr) => isInCidr(address, cidr));
}
