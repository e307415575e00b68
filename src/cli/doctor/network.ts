import { existsSync } from "node:fs";
import type { StatusView } from "../../core/admin-view.ts";
import type { Environment } from "../../terminal/terminal.ts";
import { type Check, check } from "./check.ts";
import type { ClockFacts } from "./machine.ts";
import { readText } from "./read.ts";

const PROXIES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"] as const;
const LOOPBACK = ["127.0.0.1", "localhost"] as const;
const ANSWER_MS = 2_000;

function proxyIn(environment: Environment, name: string): string {
  return environment[name.toLowerCase()] ?? environment[name] ?? "";
}

/** A bare `host:port` counts as HTTP, as everywhere. */
function isProxyUrl(text: string): boolean {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  return url !== null && /^https?:$/.test(url.protocol);
}

/** Proxy variables: what they mean for providers, and what they do to tools that talk to Lodestar. */
export function checkProxies(environment: Environment): readonly Check[] {
  const set = PROXIES.filter((name) => proxyIn(environment, name) !== "");
  if (set.length === 0) return [];
  const wrong = set.filter((name) => !isProxyUrl(proxyIn(environment, name)));
  if (wrong.length > 0) {
    return [
      check("proxy", "bad", `${wrong.join(", ")} is not the URL of an HTTP proxy`, "write it as http://host:port"),
    ];
  }
  const exceptions = proxyIn(environment, "NO_PROXY").split(/[\s,]+/);
  const caught = exceptions.includes("*") ? [] : LOOPBACK.filter((host) => !exceptions.includes(host));
  const reached = check(
    "proxy",
    "info",
    `providers are reached through ${set.join(", ")}; Lodestar never uses it for loopback`,
  );
  if (caught.length === 0) return [reached];
  const message = `NO_PROXY does not name ${caught.join(" and ")}: other tools may send what they ask Lodestar through the proxy`;
  const fix = `export NO_PROXY=${[...exceptions.filter(Boolean), ...caught].join(",")}`;
  return [reached, check("proxy", "warning", message, fix)];
}

/** Variables that change which certificates are trusted. */
export function checkCertificates(environment: Environment): readonly Check[] {
  const files = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"].flatMap((name) => {
    const path = environment[name] ?? "";
    if (path === "") return [];
    if (!existsSync(path))
      return [
        check(
          "certificates",
          "bad",
          `${name} names ${path}, which does not exist`,
          `unset ${name}, or correct the path`,
        ),
      ];
    const holdsAny = readText(path).includes("-----BEGIN CERTIFICATE-----");
    if (holdsAny) return [check("certificates", "ok", `${name} adds those in ${path}`)];
    return [
      check(
        "certificates",
        "bad",
        `${name} names ${path}, which holds no certificate in PEM form`,
        "give the PEM file of the authority",
      ),
    ];
  });
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED !== "0") return files;
  const message = "NODE_TLS_REJECT_UNAUTHORIZED=0: anybody between here and a provider can read keys and prompts";
  return [
    ...files,
    check("certificates", "bad", message, "unset it, and trust the one authority by NODE_EXTRA_CA_CERTS"),
  ];
}

/** Whether systemd's or chrony's daemon keeps the clock, as far as their files tell; null where neither is there. */
function isSynchronized(): boolean | null {
  if (existsSync("/run/systemd/timesync/synchronized") || existsSync("/run/chrony/chronyd.pid")) return true;
  return existsSync("/run/systemd/timesync") ? false : null;
}

/** The offset against an HTTP `Date` header, which is cut to seconds: the middle of its second counts. */
export function skewOf(date: string | null, before: number, after: number): number | null {
  const told = Date.parse(date ?? "");
  return Number.isNaN(told) ? null : (before + after) / 2 - (told + 500);
}

/** Compares the clock with the first provider that a key is known for; sends it no key. */
export async function inspectClock({ providers }: StatusView, now: () => number): Promise<ClockFacts> {
  const far = providers.find(({ isLocal, accounts }) => !isLocal && accounts.some(({ hasKey }) => hasKey));
  const own = { skewMs: null, against: null, isSynchronized: isSynchronized() };
  if (far === undefined || !URL.canParse(far.baseUrl)) return own;
  try {
    const before = now();
    const { origin, host } = new URL(far.baseUrl);
    const request = { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(ANSWER_MS) } as const;
    const response = await fetch(origin, request);
    const skewMs = skewOf(response.headers.get("date"), before, now());
    return skewMs === null ? own : { ...own, skewMs, against: host };
  } catch {
    return own;
  }
}
