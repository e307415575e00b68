import { isLoopbackUrl } from "../../config/resolve-providers.ts";
import type { LocalView } from "../../core/admin-view.ts";
import { isJsonObject, parseJson } from "../../core/json.ts";
import { isOlderVersion } from "../../features/local-catalog/local-servers.ts";
import { findPortOwner } from "../port-owner.ts";
import { type Check, check } from "./check.ts";
import { readText } from "./read.ts";

/** What is known of one Ollama server of this machine. */
export interface OllamaFacts {
  readonly provider: string;
  readonly url: string;
  /** Null where it does not say. */
  readonly version: string | null;
  /** Local addresses on which its port listens, as people write them; empty where that cannot be seen. */
  readonly listens: readonly string[];
  /** Its settings, from the process or its unit; null where neither may be read. */
  readonly settings: Readonly<Record<string, string>> | null;
}

/** What its settings are judged by. */
export interface OllamaExpectations {
  /** The smallest context that Lodestar loads models with. */
  readonly contextTokens: number;
  /** Memory of the card; null without one. */
  readonly vramBytes: number | null;
}

/** The first that tells in `/api/ps` with which context a model is loaded (release notes of Ollama 0.10.0). */
const LEAST_VERSION = [0, 10, 0] as const;
const SMALL_CARD = 8 * 1024 ** 3;
const ANSWER_MS = 2_000;
const EDIT = "sudo systemctl edit ollama, then sudo systemctl restart ollama";

function checkVersion({ provider, version }: OllamaFacts): readonly Check[] {
  if (version === null)
    return [check(`${provider} version`, "warning", "it does not tell its version", "is it an Ollama?")];
  if (!isOlderVersion(version, LEAST_VERSION)) return [check(`${provider} version`, "ok", version)];
  const message = `${version} does not tell with which context a model is loaded, so reloads cannot be avoided surely`;
  return [
    check(
      `${provider} version`,
      "warning",
      message,
      `update to ${LEAST_VERSION.join(".")} or newer: https://ollama.com/download`,
    ),
  ];
}

function checkBinding({ provider, listens }: OllamaFacts): readonly Check[] {
  const open = listens.filter((address) => !/^(127\.|::1$)/.test(address));
  if (listens.length === 0) return [];
  if (open.length === 0) return [check(`${provider} binding`, "ok", "only this machine can reach it")];
  const message = `it listens on ${open.join(", ")} without any key: whoever reaches this machine can use it and delete its models`;
  return [
    check(
      `${provider} binding`,
      "warning",
      message,
      `set OLLAMA_HOST=127.0.0.1 (${EDIT}), and let others come through Lodestar`,
    ),
  ];
}

type Rule = (
  value: string,
  expected: OllamaExpectations,
) => readonly [Check["state"], message: string, fix: string] | null;

/** What can surprise, by variable (docs.ollama.com/faq). */
const RULES: Readonly<Record<string, Rule>> = {
  OLLAMA_NUM_PARALLEL: (value, { vramBytes }) => {
    if (!(Number(value) > 1) || vramBytes === null || vramBytes > SMALL_CARD) return null;
    return [
      "warning",
      `${value}: each model holds ${value} contexts in a small card's memory`,
      "set it to 1, and `local.parallel` too",
    ];
  },
  OLLAMA_MAX_LOADED_MODELS: (value) =>
    value === "1"
      ? [
          "info",
          "1: every change of model is a load",
          "set it to 2 where two models fit: lodestar local plan MODEL MODEL",
        ]
      : null,
  OLLAMA_KEEP_ALIVE: (value) => {
    if (/^0[a-z]*$/.test(value))
      return [
        "warning",
        `${value}: what others than Lodestar ask loads a model for one answer`,
        "take it out, or set 5m",
      ];
    return value.startsWith("-")
      ? ["warning", `${value}: what others than Lodestar load never leaves the card`, "take it out, or set 5m"]
      : null;
  },
  OLLAMA_CONTEXT_LENGTH: (value, { contextTokens }) =>
    Number(value) === contextTokens
      ? null
      : [
          "info",
          `${value}, and Lodestar begins with ${contextTokens}: who asks Ollama itself makes it load a model again`,
          `set it to ${contextTokens}, or let every tool come through Lodestar`,
        ],
  OLLAMA_ORIGINS: (value) =>
    value.split(",").some((origin) => origin.trim() === "*")
      ? ["warning", "*: any web page that you open may use it", "name the origins that need it"]
      : null,
  OLLAMA_MAX_QUEUE: (value) =>
    Number(value) > 0 && Number(value) < 16
      ? ["info", `${value}: it refuses with 503 beyond that`, "take it out; Lodestar holds the queue"]
      : null,
};

function checkSettings({ provider, settings }: OllamaFacts, expected: OllamaExpectations): readonly Check[] {
  const name = `${provider} settings`;
  if (settings === null)
    return [check(name, "info", "its process belongs to another user, and its unit says nothing of them")];
  const found = Object.entries(RULES).flatMap(([variable, rule]) => {
    const value = settings[variable];
    const verdict = value === undefined || value === "" ? null : rule(value, expected);
    if (verdict === null) return [];
    const [state, message, fix] = verdict;
    return [check(name, state, `${variable} is ${message}`, `${fix} (${EDIT})`)];
  });
  return found.length > 0 ? found : [check(name, "ok", "none that makes it load models more often than needed")];
}

/** A server of this machine, judged. */
export function checkOllama(facts: OllamaFacts, expected: OllamaExpectations): readonly Check[] {
  return [...checkVersion(facts), ...checkBinding(facts), ...checkSettings(facts, expected)];
}

/** An address of `/proc/net/tcp`: hexadecimal, each 32-bit word in the machine's (little-endian) order. */
export function readAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)));
  if (bytes.length === 4) return bytes.join(".");
  const isLoopback = bytes.every((byte, index) => byte === (index === 15 ? 1 : 0));
  if (isLoopback) return "::1";
  return bytes.every((byte) => byte === 0) ? "::" : hex.toLowerCase();
}

/** The addresses on which a port listens, from the text of `/proc/net/tcp` and `tcp6`. */
export function listeningAddresses(text: string, port: number): readonly string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return text.split("\n").flatMap((line) => {
    const [, local = "", , state] = line.trim().split(/\s+/);
    const [address = "", ownPort] = local.split(":");
    return state === "0A" && ownPort === wanted ? [readAddress(address)] : [];
  });
}

/** `OLLAMA_…` of `Environment=` lines, as `systemctl show -p Environment` prints them or a unit holds them. */
export function settingsInUnit(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(/(?:^|[\s"'=])(OLLAMA_[A-Z_]+)=("[^"]*"|'[^']*'|[^\s"']*)/gm)];
  return Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, value.replace(/^["']|["']$/g, "")]));
}

function settingsOf(port: number): Readonly<Record<string, string>> | null {
  const owner = findPortOwner(port);
  const environment = owner === null ? "" : readText(`/proc/${owner.pid}/environ`);
  if (environment !== "") {
    const pairs = environment.split("\u0000").map((line) => line.split(/=(.*)/s));
    return Object.fromEntries(
      pairs.flatMap(([name = "", value = ""]) => (name.startsWith("OLLAMA_") ? [[name, value]] : [])),
    );
  }
  const unit = ["/etc/systemd/system/ollama.service", "/etc/systemd/system/ollama.service.d/override.conf"]
    .map(readText)
    .join("\n");
  return unit.trim() === "" ? null : settingsInUnit(unit);
}

async function askVersion(url: string): Promise<string | null> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch(`${url.replace(/\/+$/, "")}/api/version`, { signal, proxy: false });
    const json = parseJson(await response.text());
    return isJsonObject(json) && typeof json.version === "string" ? json.version : null;
  } catch {
    return null;
  }
}

/** Looks at a server that answers; on another machine only its version can be seen. */
export async function inspectOllama({ provider, url }: LocalView): Promise<OllamaFacts> {
  const { port } = new URL(url);
  const isHere = isLoopbackUrl(url) && process.platform === "linux";
  const number = Number(port || 80);
  const version = await askVersion(url);
  if (!isHere) return { provider, url, version, listens: [], settings: {} };
  const listens = listeningAddresses(readText("/proc/net/tcp") + readText("/proc/net/tcp6"), number);
  return { provider, url, version, listens, settings: settingsOf(number) };
}
