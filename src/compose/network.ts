import { failure, type Result, success } from "../core/result.ts";
import { extraCertificates } from "../host/certificates.ts";
import type { Clock } from "../host/clock.ts";
import { createEgress, type Egress } from "../host/egress.ts";
import { createPoster, type PostJson } from "../host/egress-post.ts";
import { proxyFromEnvironment } from "../host/proxy.ts";
import { createUpstream } from "../host/upstream/fetch.ts";
import type { SendUpstream } from "../host/upstream/upstream.ts";
import { type CliProblem, failureProblem } from "../terminal/problem.ts";

/** The ways out: to providers, guarded to whatever a request names by URL, and to the webhooks of the configuration. */
export interface Network {
  readonly send: SendUpstream;
  readonly egress: Egress;
  readonly post: PostJson;
}

/** Opens both, with proxies and certificate authorities from the environment. */
export function openNetwork(
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Result<Network, CliProblem> {
  const proxyFor = proxyFromEnvironment(environment);
  if (!proxyFor.ok) {
    return failure(failureProblem("proxy_invalid", proxyFor.error, "correct or unset the proxy variable"));
  }
  const ca = extraCertificates(environment);
  if (!ca.ok) return failure(failureProblem("certificates_invalid", ca.error, "correct or unset the variable"));
  return success({
    send: createUpstream({ proxyFor: proxyFor.value, ca: ca.value, clock }),
    egress: createEgress({ clock, ca: ca.value }),
    post: createPoster({ clock, ca: ca.value }),
  });
}
