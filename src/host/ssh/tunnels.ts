import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TunnelView } from "../../core/admin-view.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { boxUrl, isSshUrl, parseSshUrl, type SshBox, type SshTarget, targetText } from "../../core/ssh-address.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log/log.ts";
import type { SshTools } from "./command.ts";
import type { SshProblem } from "./problem.ts";
import { openTunnel, type Tunnel } from "./tunnel.ts";

/** Where an `ssh://` URL leads just now. */
export interface SshRoute {
  /** The URL as the far end knows it. */
  readonly url: string;
  /** The socket to ask it through. */
  readonly socket: string;
  /** Waits a moment for what ssh says of a call that failed; null where it said nothing. */
  explain(): Promise<SshProblem | null>;
}

/** The tunnels of this process, one for each port behind a box, shared by all that ask there. */
export interface Tunnels {
  /** The way for a URL, opened if need be; waits for it up to `patienceMs`. */
  routeFor(url: string, patienceMs: number, signal: AbortSignal | null): Promise<Result<SshRoute, SshProblem>>;
  /** Opens those that these URLs need, and closes all others. */
  keep(urls: readonly string[]): void;
  views(): readonly TunnelView[];
  /** Closes all, at once. */
  close(): void;
}

/** What tunnels are made of. `stateDir` is a private directory, or null for a process that owns none. */
export interface TunnelParts {
  readonly tools: SshTools;
  readonly stateDir: string | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** A socket's path fits in 104 bytes on macOS, 108 on Linux; ours adds 10 to its folder's. */
const LONGEST_FOLDER = 90;
/** What needs no quoting in `ssh -L`. */
const PLAIN_PATH = /^[A-Za-z0-9/._+@,=-]+$/;
const EXPLAIN_MS = 40;

function isUsable(path: string): boolean {
  return path.length <= LONGEST_FOLDER && PLAIN_PATH.test(path);
}

/** What the folders of sockets are named after: in the state directory where its path allows that, else among temporary files. */
function socketPrefix(stateDir: string | null): string {
  const own = stateDir === null ? null : join(stateDir, "ssh");
  if (own === null || !isUsable(own)) return join(isUsable(tmpdir()) ? tmpdir() : "/tmp", "lodestar-ssh-");
  mkdirSync(own, { recursive: true, mode: 0o700 });
  // Only one process owns a state directory: what lies here was left by one that was killed together with its keepers.
  for (const name of readdirSync(own)) rmSync(join(own, name), { recursive: true, force: true });
  return join(own, "t");
}

interface Place {
  readonly box: SshBox;
  readonly target: SshTarget;
}

function nameOf({ box, target }: Place): string {
  return `${boxUrl(box)}/${targetText(target)}`;
}

function badAddress(reason: string): SshProblem {
  const fix = "write it as ssh://user@box/127.0.0.1:11434";
  return { code: "ssh_address_invalid", message: `the SSH address ${reason}`, fix, isLasting: true };
}

/** What a problem says where there is room for one text only. */
export function sshText({ message, fix, code }: SshProblem): string {
  return `SSH: ${message}; ${fix} (${code}).`;
}

/** Makes the tunnels of a process; none is open yet. */
export function openTunnels({ tools, stateDir, clock, log }: TunnelParts): Tunnels {
  const open = new Map<string, Tunnel>();
  let prefix: string | null = null;
  const tunnelTo = (place: Place): Tunnel => {
    const name = nameOf(place);
    const known = open.get(name);
    if (known !== undefined) return known;
    prefix ??= socketPrefix(stateDir);
    const made = openTunnel({ tools, clock, prefix, ...place }, log);
    open.set(name, made);
    return made;
  };
  const closeAll = (names: readonly string[]): void => {
    for (const name of names) {
      open.get(name)?.close();
      open.delete(name);
    }
  };
  return {
    async routeFor(url, patienceMs, signal) {
      const parsed = parseSshUrl(url);
      if (!parsed.ok) return failure(badAddress(parsed.error));
      const { box, target, rest } = parsed.value;
      if (target === null) return failure(badAddress("names no port behind the box"));
      const tunnel = tunnelTo({ box, target });
      const ready = await tunnel.ready(patienceMs, signal);
      if (!ready.ok) return ready;
      const explain = async (): Promise<SshProblem | null> => {
        if (tunnel.refusal() === null) await new Promise<void>((resolve) => clock.after(EXPLAIN_MS, resolve));
        return tunnel.refusal();
      };
      return success({ url: `http://${targetText(target)}${rest}`, socket: ready.value, explain });
    },
    keep(urls) {
      const places = urls.filter(isSshUrl).flatMap((url): readonly Place[] => {
        const parsed = parseSshUrl(url);
        return parsed.ok && parsed.value.target !== null
          ? [{ box: parsed.value.box, target: parsed.value.target }]
          : [];
      });
      const wanted = new Set(places.map(nameOf));
      closeAll([...open.keys()].filter((name) => !wanted.has(name)));
      for (const place of places) tunnelTo(place);
    },
    views: () => [...open.values()].map((tunnel) => tunnel.view()),
    close: () => closeAll([...open.keys()]),
  };
}
