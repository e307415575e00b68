import { readlinkSync } from "node:fs";
import { listNames, readText } from "./doctor/read.ts";

/** Who listens on a port, as far as this user may see. */
export interface PortOwner {
  readonly pid: number;
  /** Name of the program, e.g. `litellm`. */
  readonly name: string;
}

/** State of a listening socket in `/proc/net/tcp` (include/net/tcp_states.h of Linux). */
const LISTEN = "0A";

function readLines(path: string): readonly string[] {
  return readText(path).split("\n");
}

/** The inodes of the sockets that listen on `port`, from the text of `/proc/net/tcp` or `tcp6` (proc_net_tcp of Linux). */
export function listeningInodes(lines: readonly string[], port: number): readonly string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return lines.flatMap((line) => {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    return local.endsWith(`:${wanted}`) && state === LISTEN && inode !== undefined ? [inode] : [];
  });
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function nameOf(pid: string): string {
  const words = (readLines(`/proc/${pid}/cmdline`)[0] ?? "").split("\u0000").filter((word) => word !== "");
  const isInterpreter = /(^|\/)(python[\d.]*|node|bun|sh|bash|ruby|java)$/.test(words[0] ?? "");
  const program = isInterpreter ? (words.slice(1).find((word) => !word.startsWith("-")) ?? words[0]) : words[0];
  return (program ?? "").split("/").at(-1) || (readLines(`/proc/${pid}/comm`)[0] ?? "");
}

function inodesOf(port: number): readonly string[] {
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) => listeningInodes(readLines(path), port));
}

/** Whether anybody listens on a TCP port of this machine, also another user; false where that cannot be seen. */
export function isPortTaken(port: number): boolean {
  return inodesOf(port).length > 0;
}

/** Finds the process that listens on a TCP port of this machine. Null where it is another user's, or this is not Linux. */
export function findPortOwner(port: number): PortOwner | null {
  const inodes = inodesOf(port);
  if (inodes.length === 0) return null;
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  for (const pid of listNames("/proc").filter((name) => /^\d+$/.test(name))) {
    if (!listNames(`/proc/${pid}/fd`).some((descriptor) => wanted.has(linkOf(`/proc/${pid}/fd/${descriptor}`))))
      continue;
    return { pid: Number(pid), name: nameOf(pid) };
  }
  return null;
}

/** How a taken port's holder is asked who it is. Milliseconds. */
const PROBE_MS = 1_000;

/** What answers on a port of this machine: another Lodestar, a LiteLLM proxy, or something else. */
export async function identifyServer(port: number): Promise<"lodestar" | "litellm" | "other"> {
  const ask = async (path: string): Promise<string> => {
    try {
      const signal = AbortSignal.timeout(PROBE_MS);
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal, proxy: false, redirect: "manual" });
      return `${[...response.headers.keys()].join(" ")} ${(await response.text()).slice(0, 4_096)}`;
    } catch {
      return "";
    }
  };
  const [alive, home] = await Promise.all([ask("/health/liveliness"), ask("/")]);
  if (/lodestar/i.test(alive + home)) return "lodestar";
  return /i'm alive|litellm/i.test(alive + home) ? "litellm" : "other";
}
