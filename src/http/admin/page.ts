import { html, raw } from "hono/html";
import type { RequestView, StatusView } from "../../core/admin-view.ts";
import { formatUsd, type NanoUsd } from "../../core/money.ts";
import { targetName } from "../../core/target.ts";

/** Only this page's own style, by its hash; no script, no frame, nothing from elsewhere. */
const STYLE =
  "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color-scheme:light dark}" +
  "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .75rem .25rem 0;vertical-align:top}" +
  "th{border-bottom:1px solid}td.n{text-align:right;font-variant-numeric:tabular-nums}code{font-size:.95em}";

/** The Content-Security-Policy of the page. */
export function pagePolicy(): string {
  const hash = new Bun.CryptoHasher("sha256").update(STYLE).digest("base64");
  return `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;
}

function cost(nano: NanoUsd | null): string {
  return nano === null ? "unknown" : formatUsd(nano);
}

function requestRow({ last, startedAt, attempts, costNanoUsd }: RequestView) {
  const time = new Date(startedAt).toISOString().replace("T", " ").slice(0, 19);
  return html`<tr><td>${time}</td><td>${last.requestedModel}</td><td>${targetName(last)}</td><td>${last.state}</td>
<td class="n">${attempts}</td><td class="n">${cost(costNanoUsd)}</td></tr>`;
}

function providerRow(provider: StatusView["providers"][number]) {
  const { id, state, availability, lastError } = provider;
  const ratio = availability.ratio === null ? "no calls" : `${(availability.ratio * 100).toFixed(1)} %`;
  return html`<tr><td>${id}</td><td>${state}</td><td>${ratio}</td><td>${lastError ?? ""}</td></tr>`;
}

/** The status page: state, spend and the last requests. Everything shown is escaped; nothing of it is secret. */
export function renderPage(status: StatusView, requests: readonly RequestView[]) {
  const { daemon, today } = status;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Lodestar</title><style>${raw(STYLE)}</style></head><body>
<h1>Lodestar ${daemon.version}</h1>
<p>API at <code>${daemon.apiUrl ?? ""}</code>, ${daemon.keyRequired ? "a client key is required" : "no client key is required"};
${daemon.openStreams} open streams; prices of ${daemon.prices.date}.</p>
<p>Today: ${today.requests} requests, ${cost(today.costNanoUsd)}${today.unpriced > 0 ? `, ${today.unpriced} without a known price` : ""}.</p>
<h2>Providers</h2>
<table><tr><th>Provider</th><th>Breaker</th><th>Answered, 24 h</th><th>Last error</th></tr>${status.providers.map(providerRow)}</table>
<h2>Last requests</h2>
<table><tr><th>Time (UTC)</th><th>Asked for</th><th>Answered by</th><th>State</th><th>Attempts</th><th>Cost</th></tr>
${requests.map(requestRow)}</table>
</body></html>`;
}

/** What a browser without a session sees. */
export function renderLocked() {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Lodestar</title><style>${raw(STYLE)}</style></head><body>
<h1>Lodestar</h1><p>This page opens with the one-time link that <code>lodestar serve</code> prints when it starts.
A used or expired link opens nothing: restart the daemon for a new one, or use <code>lodestar status</code>.</p></body></html>`;
}
