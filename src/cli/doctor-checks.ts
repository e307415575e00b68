import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Loaded } from "../config/load.ts";
import type { StatusView } from "../core/admin-view.ts";
import { ageOfPrices } from "../core/price-view.ts";
import { formatBytes, formatCount, formatDay, formatPlural } from "../terminal/format.ts";
import type { Environment } from "../terminal/terminal.ts";
import type { StoreCheck } from "./backend.ts";
import { findPortOwner } from "./port-owner.ts";

/** One thing the doctor looked at. */
export interface Check {
  readonly name: string;
  readonly state: "ok" | "info" | "warning" | "bad";
  readonly message: string;
  readonly fix: string | null;
}

/** Less free space than this is a warning. Bytes. */
const LITTLE_SPACE = 512 * 1024 * 1024;

function check(name: string, state: Check["state"], message: string, fix: string | null = null): Check {
  return { name, state, message, fix };
}

/** Proxy settings that providers are reached through. */
export function checkEnvironment(environment: Environment, version: string): readonly Check[] {
  const proxies = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].filter((name) => environment[name]);
  const program = check("lodestar", "ok", `version ${version}, ${process.platform} ${process.arch}`);
  if (proxies.length === 0) return [program];
  return [program, check("proxy", "info", `providers are reached through ${proxies.join(", ")}; loopback never is`)];
}

/** What the configuration loader noticed: keys by where they come from, files, misspelt variables. */
export function checkFindings(loaded: Loaded): readonly Check[] {
  const states = { ok: "ok", info: "info", warning: "warning" } as const;
  return loaded.findings.map(({ level, subject, message }) => check(subject, states[level], message));
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8).padStart(3, "0");
}

/** Files in the state directory that others can read although they hold secrets or money. */
function openFiles(stateDir: string): readonly string[] {
  return readdirSync(stateDir)
    .filter((name) => name !== "logs" && name !== "secrets")
    .filter((name) => (statSync(join(stateDir, name)).mode & 0o077) !== 0);
}

/** The state directory: there, ours, private, writable, with room on its disk. */
export function checkStateDir(stateDir: string): readonly Check[] {
  if (!existsSync(stateDir)) return [check("state", "info", `${stateDir} does not exist yet; serve makes it`)];
  try {
    accessSync(stateDir, constants.R_OK | constants.W_OK);
  } catch {
    return [
      check("state", "bad", `${stateDir} cannot be read and written by this user`, "run as its owner, or --state-dir"),
    ];
  }
  const checks: Check[] = [];
  const isOpen = process.platform !== "win32" && (statSync(stateDir).mode & 0o077) !== 0;
  const loose = process.platform === "win32" ? [] : openFiles(stateDir);
  if (isOpen)
    checks.push(
      check("state", "warning", `${stateDir} is open to others (${modeOf(stateDir)})`, `chmod 700 ${stateDir}`),
    );
  if (loose.length > 0) {
    checks.push(
      check(
        "state",
        "warning",
        `others can read ${loose.join(", ")}`,
        `chmod 600 ${loose.map((name) => join(stateDir, name)).join(" ")}`,
      ),
    );
  }
  if (checks.length === 0) checks.push(check("state", "ok", `${stateDir}, private`));
  const disk = statfsSync(stateDir);
  const free = disk.bavail * disk.bsize;
  const isLittle = free < LITTLE_SPACE;
  return [
    ...checks,
    check(
      "disk",
      isLittle ? "warning" : "ok",
      `${formatBytes(free)} free`,
      isLittle ? "make room: the ledger stops when the disk is full" : null,
    ),
  ];
}

/** Whether the ports that `serve` would take are free; a running daemon holds its own. */
export function checkPorts(loaded: Loaded, isRunning: boolean): readonly Check[] {
  if (isRunning) return [];
  const { port, adminPort } = loaded.settings.server;
  return (
    [
      ["API port", port],
      ["admin port", adminPort],
    ] as const
  ).map(([name, number]) => {
    const owner = findPortOwner(number);
    if (owner === null) return check(name, "ok", `${number} is free`);
    const fix =
      name === "API port" ? `lodestar serve --port ${number + 1}` : "none needed: serve takes the next free one";
    return check(
      name,
      name === "API port" ? "warning" : "info",
      `${number} is taken by ${owner.name} (pid ${owner.pid})`,
      fix,
    );
  });
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

/** The databases, looked at closely. */
export function checkDatabases(stores: readonly StoreCheck[]): readonly Check[] {
  return stores.map(({ file, isSound, message }) =>
    check(
      "database",
      isSound ? "ok" : "bad",
      `${file}: ${message}`,
      isSound ? null : "stop the daemon and restore the file from a backup",
    ),
  );
}
