import { failure, type Result, success } from "../core/result.ts";
import { boxUrl, isSshUrl, parseSshUrl, type SshTarget, type SshUrl, targetText } from "../core/ssh-address.ts";
import { type CliProblem, usageProblem } from "../terminal/problem.ts";
import type { CliHost } from "./command.ts";
import { type DaemonArgs, inputsOf } from "./shared-flags.ts";
import type { BoxDaemon, BoxTunnel } from "./ssh-side.ts";

/** A daemon on another box, with a tunnel to one of its ports. */
export interface Box {
  readonly tunnel: BoxTunnel;
  /** As the box itself calls it. */
  readonly baseUrl: string;
  /** What a person calls it. */
  readonly where: string;
  /** As the account on the box can read it; null where it cannot, or nobody asked. */
  readonly adminToken: string | null;
}

/** Which of the daemon's two ports is meant. */
export type BoxPort = "api" | "admin";

const USUAL_PORTS: Readonly<Record<BoxPort, number>> = { api: 4000, admin: 8080 };
const FORM = "ssh://user@box[:port], with ?api=4000&admin=8080 where its ports are not the usual ones";

function portIn(rest: string, which: BoxPort): Result<number | null, string> {
  if (rest === "" || rest === "/") return success(null);
  const query = new URLSearchParams(/^\/?\?(.*)$/.exec(rest)?.[1] ?? "not=known");
  const isOdd = [...query.keys()].some((name) => name !== "api" && name !== "admin");
  const value = query.get(which);
  const port = Number(value);
  if (isOdd || (value !== null && !(/^\d{1,5}$/.test(value) && port >= 1 && port <= 65_535))) {
    return failure(`is written ${FORM}`);
  }
  return success(value === null ? null : port);
}

function readAddress(url: string, which: BoxPort): Result<{ address: SshUrl; port: number | null }, CliProblem> {
  const address = parseSshUrl(url);
  const port = address.ok ? portIn(address.value.rest, which) : address;
  if (address.ok && port.ok) return success({ address: address.value, port: port.value });
  const reason = port.ok ? "" : port.error;
  return failure(usageProblem("ssh_address_invalid", `the address given by --url ${reason}`, `lodestar --url ${FORM}`));
}

const UNREAD: BoxDaemon = { adminToken: null, apiPort: null, adminPort: null };

/**
 * Opens a tunnel to a port of the daemon on another box. Which port is said by the URL, else by the daemon in its state directory
 * there, which the same login can read, else it is the usual one. The admin credential is read there too.
 */
export async function openBox(
  host: CliHost,
  args: DaemonArgs,
  url: string,
  which: BoxPort,
): Promise<Result<Box, CliProblem>> {
  const read = readAddress(url, which);
  if (!read.ok) return read;
  const { address, port } = read.value;
  const { ssh } = await host.backend();
  const inputs = inputsOf(host, args);
  const needsNothing = which === "api" && (port !== null || address.target !== null);
  const daemon = needsNothing ? success(UNREAD) : await ssh.readDaemon(inputs, address.box, host.signal);
  if (!daemon.ok) return daemon;
  const told = which === "api" ? daemon.value.apiPort : daemon.value.adminPort;
  const target: SshTarget = address.target ?? { host: "127.0.0.1", port: port ?? told ?? USUAL_PORTS[which] };
  const tunnel = await ssh.openTunnel(inputs, address.box, target, host.signal);
  if (!tunnel.ok) return tunnel;
  const baseUrl = `http://${targetText(target)}`;
  const where = `${boxUrl(address.box)} (port ${target.port})`;
  return success({ tunnel: tunnel.value, baseUrl, where, adminToken: daemon.value.adminToken });
}

/** Other programs speak HTTP only: an SSH address is of no use to them. */
export function noUseForTools(url: string): CliProblem | null {
  if (!isSshUrl(url)) return null;
  const fix =
    "run a Lodestar on this machine, with a provider `baseUrl: ssh://user@box/127.0.0.1:4000/v1` that leads to the one there";
  return usageProblem("ssh_address_unusable", "other programs cannot use an ssh:// address", fix);
}
