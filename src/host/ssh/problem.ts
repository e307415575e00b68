import { boxUrl, type SshBox, type SshTarget, targetText } from "../../core/ssh-address.ts";

/** Why there is no tunnel, or none that carries. */
export type SshProblemCode =
  | "ssh_address_invalid"
  | "ssh_missing"
  | "ssh_host_unknown"
  | "ssh_host_changed"
  | "ssh_host_revoked"
  | "ssh_key_refused"
  | "ssh_unreachable"
  | "ssh_config_invalid"
  | "ssh_forward_refused"
  | "ssh_lost"
  | "ssh_timeout"
  | "ssh_closed"
  | "ssh_failed";

/** What went wrong with a tunnel, for people. */
export interface SshProblem {
  readonly code: SshProblemCode;
  readonly message: string;
  readonly fix: string;
  /** Trying again soon cannot help: someone has to do something first. */
  readonly isLasting: boolean;
}

type KnownCode = Exclude<SshProblemCode, "ssh_address_invalid">;
type Words = readonly [code: KnownCode, message: string, fix: string];

const LASTING: readonly SshProblemCode[] = [
  "ssh_missing",
  "ssh_host_unknown",
  "ssh_host_changed",
  "ssh_host_revoked",
  "ssh_key_refused",
  "ssh_config_invalid",
];

const LONGEST_LINE = 200;

/** What a problem of one kind says of a box; `seen` is the line of ssh that told. */
function wordsOf(box: string, seen: string): Readonly<Record<KnownCode, Words>> {
  const told = seen === "" ? "" : ` (ssh: ${seen.replace(/^ssh: /, "")})`;
  const look = `run \`ssh ${box} true\` to see more`;
  const table: readonly Words[] = [
    ["ssh_missing", "there is no `ssh` on the PATH", "install OpenSSH's client (Debian: apt install openssh-client)"],
    ["ssh_host_unknown", `the host key of ${box} is not known yet`, `compare and accept it: lodestar ssh trust ${box}`],
    [
      "ssh_host_changed",
      `the host key of ${box} is not the one that was trusted: the box was installed anew, or another machine answers in its place`,
      `ask its owner for the fingerprint; if it is right: lodestar ssh trust ${box} --replace`,
    ],
    [
      "ssh_host_revoked",
      `the host key of ${box} is revoked`,
      "give the box a new host key; a revoked one is never used",
    ],
    [
      "ssh_key_refused",
      `${box} takes none of the keys that were offered${told}`,
      "add your public key to its authorized_keys, and name the key (IdentityFile) in ~/.ssh/config or load it into the agent; a key with a passphrase needs the agent",
    ],
    ["ssh_unreachable", `${box} cannot be reached${told}`, "check that it is on, its name, its port and the network"],
    ["ssh_config_invalid", `the ssh configuration cannot be used${told}`, look],
    [
      "ssh_forward_refused",
      `${box} does not lead on to the port behind it${told}`,
      "start what should listen there; sshd must allow it too (AllowTcpForwarding, PermitOpen)",
    ],
    [
      "ssh_lost",
      `the connection to ${box} was lost${told}`,
      "it is made again by itself; check the network if it stays",
    ],
    ["ssh_timeout", `the tunnel to ${box} is not up yet`, `try again, or ${look}`],
    ["ssh_closed", `the tunnel to ${box} is closed`, "it is no longer in the configuration, or the daemon ends"],
    ["ssh_failed", `no tunnel to ${box}${told}`, look],
  ];
  return Object.fromEntries(table.map((words) => [words[0], words])) as Record<KnownCode, Words>;
}

/** A problem with a box. `seen` is shown where it says more. */
export function sshProblem(code: KnownCode, box: SshBox, seen = ""): SshProblem {
  const [, message, fix] = wordsOf(boxUrl(box), seen)[code];
  return { code, message, fix, isLasting: LASTING.includes(code) };
}

/** First match wins. The texts are OpenSSH's own under LC_ALL=C (ssh.c, sshconnect.c, sshconnect2.c, clientloop.c, packet.c). */
const SIGNS: readonly (readonly [RegExp, KnownCode])[] = [
  [/REVOKED HOST KEY/, "ssh_host_revoked"],
  [/HOST IDENTIFICATION HAS CHANGED|host key for .* has changed|HOST SPOOFING/i, "ssh_host_changed"],
  [/host key is known for .* strict checking|Host key verification failed/i, "ssh_host_unknown"],
  [
    /Bad configuration option|Bad owner or permissions|bad configuration options|Unsupported option/i,
    "ssh_config_invalid",
  ],
  [/Permission denied|Too many authentication failures|No more authentication methods/i, "ssh_key_refused"],
  [/cannot listen|local forwarding|unix_listener|bind \[/i, "ssh_config_invalid"],
  [
    /Could not resolve|Connection (?:refused|timed out)|No route to host|unreachable|kex_exchange|banner exchange/i,
    "ssh_unreachable",
  ],
  [/Connection (?:closed|reset)|not responding|Broken pipe|client_loop/i, "ssh_lost"],
];

function linesOf(stderr: string): readonly string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a server says must not steer a terminal.
  const lines = stderr.split(/\r?\n/).map((line) => line.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ").trim());
  return lines.filter((line) => line !== "" && !/^@+$/.test(line)).map((line) => line.slice(0, LONGEST_LINE));
}

/** What made an ssh end, from what it wrote. */
export function problemOfExit(stderr: string, box: SshBox, wasUp: boolean): SshProblem {
  const lines = linesOf(stderr);
  const last = lines.at(-1) ?? "";
  for (const [sign, code] of SIGNS) {
    const line = lines.findLast((text) => sign.test(text));
    if (line === undefined) continue;
    return sshProblem(code === "ssh_lost" && !wasUp ? "ssh_unreachable" : code, box, line);
  }
  return sshProblem(wasUp ? "ssh_lost" : "ssh_failed", box, last);
}

/** What a line means that ssh writes when the far end does not connect a channel; null for any other line. */
export function problemOfChannel(line: string, box: SshBox, target: SshTarget): SshProblem | null {
  const [, reason] = /^channel \d+: open failed: (.*)$/.exec(line.trim()) ?? [];
  if (reason === undefined) return null;
  return sshProblem("ssh_forward_refused", box, `${targetText(target)}: ${linesOf(reason)[0] ?? ""}`);
}
