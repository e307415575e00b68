import type { Loaded } from "../../config/load.ts";
import type { StatusView } from "../../core/admin-view.ts";
import { ageOfPrices } from "../../core/price-view.ts";
import { formatCount, formatDay, formatPlural } from "../../terminal/format.ts";
import { findPortOwner, identifyServer, isPortTaken } from "../port-owner.ts";
import { type Check, check } from "./check.ts";

/** What the configuration loader noticed: keys by where they come from, files, misspelt variables. */
export function checkFindings(loaded: Loaded): readonly Check[] {
  const states = { ok: "ok", info: "info", warning: "warning" } as const;
  return loaded.findings.map(({ level, subject, message }) => check(subject, states[level], message));
}

/** Another gateway on a port that is taken, by what it answers. */
const OTHERS = {
  lodestar: "another Lodestar, with a state directory of its own",
  litellm: "a LiteLLM proxy",
  other: null,
} as const;

async function checkPort(name: string, port: number, fix: string, state: Check["state"]): Promise<Check> {
  if (!isPortTaken(port)) return check(name, "ok", `${port} is free`);
  const owner = findPortOwner(port);
  const who = OTHERS[await identifyServer(port)];
  const program = owner === null ? "a program of another user" : `${owner.name} (pid ${owner.pid})`;
  return check(name, state, `${port} is taken by ${who === null ? program : `${program}, ${who}`}`, fix);
}

/** Whether the ports that `serve` would take are free; a running daemon holds its own. */
export async function checkPorts(loaded: Loaded, isRunning: boolean): Promise<readonly Check[]> {
  if (isRunning) return [];
  const { port, adminPort } = loaded.settings.server;
  return [
    await checkPort("API port", port, `lodestar serve --port ${port + 1}`, "warning"),
    await checkPort("admin port", adminPort, "none needed: serve takes the next free one", "info"),
  ];
}

function checkDaemon({ daemon }: StatusView): Check {
  if (!daemon.running) return check("daemon", "info", "not running", "lodestar serve");
  return check("daemon", "ok", `running at ${daemon.apiUrl ?? "?"}, pid ${daemon.pid ?? "?"}`);
}

function checkLedger({ daemon }: StatusView): readonly Check[] {
  const { lastError, queued } = daemon.ledger;
  if (lastError === null) return [];
  return [
    check(
      "ledger",
      "bad",
      `cannot write: ${lastError}; ${formatPlural(queued, "row")} wait in memory`,
      "make room on the disk, or repair its permissions",
    ),
  ];
}

function checkFetchCap({ daemon }: StatusView): readonly Check[] {
  if (!daemon.running) return [];
  const isLow = daemon.fetchCap <= 256;
  const fix = isLow ? "start the daemon with BUN_CONFIG_MAX_HTTP_REQUESTS=16384 in its environment" : null;
  return [
    check("fetch cap", isLow ? "warning" : "ok", `at most ${formatCount(daemon.fetchCap)} upstream calls at once`, fix),
  ];
}

function checkPrices({ daemon }: StatusView, now: number): Check {
  const { source, date } = daemon.prices;
  const at = Date.parse(date);
  if (now < at)
    return check(
      "clock",
      "bad",
      `this machine says ${formatDay(now)}, before the day of the price table (${date})`,
      "set the clock",
    );
  const { days, isOld } = ageOfPrices(date, now);
  return check(
    "prices",
    isOld ? "warning" : "ok",
    `${source}, ${date}${isOld ? `: ${days} days old` : ""}`,
    isOld ? "lodestar prices update" : null,
  );
}

function checkLocal({ local }: StatusView): readonly Check[] {
  return local.map(({ provider, url, isReachable, models }) => {
    if (!isReachable)
      return check(provider, "info", `not reachable at ${url}`, "for free local models: https://ollama.com/download");
    if (models.length === 0) return check(provider, "warning", `${url} has no model`, "ollama pull qwen2.5-coder:1.5b");
    return check(provider, "ok", `${url}: ${models.join(", ")}`);
  });
}

function checkAnyModel({ providers, local }: StatusView): readonly Check[] {
  const hasPaid = providers.some(({ isLocal, accounts }) => !isLocal && accounts.some(({ hasKey }) => hasKey));
  if (hasPaid || local.some(({ models }) => models.length > 0)) return [];
  const fix = "ollama pull qwen2.5-coder:1.5b, or lodestar provider add deepseek";
  return [check("models", "bad", "nothing can answer yet: no key and no local model", fix)];
}

/** What `status` tells, judged. */
export function checkStatus(status: StatusView, now: number): readonly Check[] {
  return [
    checkDaemon(status),
    ...checkLocal(status),
    ...checkAnyModel(status),
    checkPrices(status, now),
    ...checkFetchCap(status),
    ...checkLedger(status),
  ];
}
