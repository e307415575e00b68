import { homedir } from "node:os";
import { join } from "node:path";
import { type SshBox, type SshTarget, targetText } from "../../core/ssh-address.ts";

/** What every ssh of ours is started with. */
export interface SshTools {
  /** Absolute path; null where there is none. */
  readonly ssh: string | null;
  /** Instead of the user's own configuration (`LODESTAR_SSH_CONFIG`). */
  readonly configFile: string | null;
  /** Keys accepted by `lodestar ssh trust`; read before the user's own. */
  readonly knownHosts: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Finds ssh and what it works with. `stateDir` need not exist. */
export function sshTools(environment: SshTools["environment"], stateDir: string): SshTools {
  const path = environment.PATH;
  return {
    ssh: process.platform === "win32" ? null : Bun.which("ssh", path === undefined ? {} : { PATH: path }),
    configFile: environment.LODESTAR_SSH_CONFIG || null,
    knownHosts: join(stateDir, "known_hosts"),
    environment,
  };
}

/** The environment of an ssh: ours, in a language whose messages are known, and with nobody who asks for passwords. */
export function sshEnvironment({ environment }: SshTools): Record<string, string | undefined> {
  const { SSH_ASKPASS: _askpass, SSH_ASKPASS_REQUIRE: _require, ...rest } = environment;
  return { ...rest, LC_ALL: "C" };
}

/** A path as an option of ssh takes it: quoted, without percent expansion (ssh_config(5), TOKENS). */
export function quotePath(path: string): string {
  return `"${path.replaceAll("%", "%%")}"`;
}

/**
 * Options that hold whatever the user's configuration says: nobody is asked, host keys are known beforehand, no connection is shared
 * or outlives us, nothing runs beside it, and a silent peer is noticed within 15 s. ssh takes the first value it meets. Source: ssh_config(5).
 */
const FIRM = {
  BatchMode: "yes",
  StrictHostKeyChecking: "yes",
  UpdateHostKeys: "no",
  VerifyHostKeyDNS: "no",
  ControlMaster: "no",
  ControlPath: "none",
  PermitLocalCommand: "no",
  RemoteCommand: "none",
  RequestTTY: "no",
  ConnectTimeout: "10",
  ServerAliveInterval: "5",
  ServerAliveCountMax: "3",
  LogLevel: "INFO",
  ExitOnForwardFailure: "yes",
  StreamLocalBindMask: "0177",
  StreamLocalBindUnlink: "yes",
} as const;

/** Options of ssh by name. */
type SshOptions = Readonly<Record<string, string>>;

/** The arguments that lead to a box, up to and including it; `own` change or add options. */
export function sshArguments(
  { configFile, knownHosts }: Pick<SshTools, "configFile" | "knownHosts">,
  { user, host, port }: SshBox,
  middle: readonly string[],
  own: SshOptions = {},
): readonly string[] {
  const known = { UserKnownHostsFile: `${quotePath(knownHosts)} ${quotePath(join(homedir(), ".ssh", "known_hosts"))}` };
  const options = Object.entries({ ...known, ...FIRM, ...own }).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  return [
    ...(configFile === null ? [] : ["-F", configFile]),
    ...options,
    "-a",
    "-x",
    ...middle,
    ...(user === null ? [] : ["-l", user]),
    ...(port === null ? [] : ["-p", String(port)]),
    "--",
    host,
  ];
}

/** The arguments of a forward from a socket to a port behind the box. */
export function forwardArguments(tools: SshTools, box: SshBox, target: SshTarget, socket: string): readonly string[] {
  return sshArguments(tools, box, ["-N", "-L", `${socket}:${targetText(target)}`]);
}

/**
 * Keeps an ssh exactly as long as the other end of its standard input is open, however that ends (kill -9 of the daemon too), and
 * leaves no socket behind. `$1` is the socket, in a folder of its own; the command follows. Signals for the whole group (Ctrl-C, a
 * service manager's TERM) are left to the daemon, which drains first.
 */
export const KEEPER = `
socket=$1
shift
trap '' HUP INT TERM PIPE
exec 3<&0 4>&2 2>/dev/null
"$@" </dev/null >/dev/null 2>&4 3<&- 4>&- &
ssh=$!
{ read -r _ <&3; kill -KILL "$ssh"; } >/dev/null 4>&- &
watcher=$!
exec 3<&- 4>&-
wait "$ssh"
code=$?
kill -KILL "$watcher"
rm -f -- "$socket"
rmdir -- "\${socket%/*}"
exit "$code"
`;
