import { failure, type Result, success } from "../core/result.ts";
import { allAuthorities } from "./certificates.ts";
import type { EgressOptions } from "./egress.ts";
import { fetchPinned, resolveBySystem, untilAborted } from "./egress.ts";
import { checkAddresses, type EgressException, type EgressFault, egressFault, hostOf } from "./egress-rules.ts";
import { parseAddress, reasonNotPublic } from "./ip-address.ts";

/** Posts JSON to a URL of the user's own configuration; the status of the answer, or why there was none. Never rejects. */
export type PostJson = (
  url: string,
  body: string,
  more: {
    readonly headers: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal;
  },
) => Promise<Result<{ readonly status: number }, EgressFault>>;

/** Names of the own network, which may lead to private addresses; any other name may not, whoever answers for it. */
const OWN_NAMES =
  /^[^.]+$|(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa|test)$/;

/** What the host of a configured URL may lead to: an address or own name that was written down, anything; a public name, the public. */
function exceptionFor(url: URL): EgressException {
  const host = hostOf(url);
  const isOwn = parseAddress(host) !== undefined || OWN_NAMES.test(host);
  return (address) => {
    const reason = reasonNotPublic(address);
    // Cloud metadata lives there, and no webhook.
    if (reason === "link-local" || reason === "cloud metadata") return false;
    return isOwn || reason === null;
  };
}

/**
 * Makes the poster. As with every URL that is not a provider's: every address of the name is checked, the connection is made
 * to the checked address, redirects are not followed, no proxy, no cookies. Any port and scheme that the user wrote is fine.
 */
export function createPoster(options: Omit<EgressOptions, "isException">): PostJson {
  const { clock, resolve = resolveBySystem } = options;
  const ca = allAuthorities(options.ca);
  async function postTo(
    text: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Result<{ readonly status: number }, EgressFault>> {
    const url = URL.parse(text);
    if (url === null) return failure(egressFault("url_invalid", "The URL is not valid."));
    const host = hostOf(url);
    const addresses = parseAddress(host) === undefined ? await resolve(host) : [host];
    const refusal = checkAddresses(url, addresses, exceptionFor(url));
    if (refusal !== null) return failure(refusal);
    const answer = await fetchPinned(url, addresses, { method: "POST", headers, body, signal, ca });
    if (!answer.ok) return answer;
    const { response } = answer.value;
    await response.body?.cancel();
    return success({ status: response.status });
  }
  return async function postJson(url, body, { headers, timeoutMs, signal }) {
    const controller = new AbortController();
    const leave = (): void => controller.abort(egressFault("client_left", "Lodestar stops."));
    if (signal?.aborted === true) leave();
    signal?.addEventListener("abort", leave, { once: true });
    const cancelTimer = clock.after(timeoutMs, () => {
      controller.abort(egressFault("url_timeout", `The URL did not answer within ${timeoutMs} ms.`));
    });
    const all = { ...headers, "content-type": "application/json" };
    try {
      return await untilAborted(controller.signal, postTo(url, body, all, controller.signal));
    } finally {
      cancelTimer();
      signal?.removeEventListener("abort", leave);
    }
  };
}
