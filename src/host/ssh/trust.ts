import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { failure, type Result, success } from "../../core/result.ts";
import type { SshBox } from "../../core/ssh-address.ts";
import { readIfPresent, writePrivateFile } from "../private-file.ts";
import { quotePath, type SshTools, sshArguments, sshEnvironment } from "./command.ts";
import { problemOfExit, type SshProblem, sshProblem } from "./problem.ts";

/** The key with which a box proves who it is. */
export interface HostKey {
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  /** As ssh-keygen prints it: `SHA256:…`. */
  readonly fingerprint: string;
  /** Its line for a known_hosts file. */
  readonly line: string;
  /** Whether `lodestar ssh trust` accepted this very key before, another one for this box, or none. */
  readonly known: "same" | "other" | "none";
}

interface KnownLine {
  readonly name: string;
  readonly type: string;
  readonly blob: string;
}

function readLine(line: string): KnownLine | null {
  const [, name, type, blob] = /^(\S+) (\S+) ([A-Za-z0-9+/]+=*)(?:\s|$)/.exec(line) ?? [];
  return name === undefined || type === undefined || blob === undefined ? null : { name, type, blob };
}

/** SHA-256 of the key, as base64 without padding (sshkey_fingerprint in OpenSSH). */
function fingerprintOf(blob: string): string {
  const digest = createHash("sha256").update(Buffer.from(blob, "base64")).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}

function linesOf(path: string): readonly string[] {
  return (readIfPresent(path) ?? "").split("\n").filter((line) => line.trim() !== "");
}

function knownAs({ name, type, blob }: KnownLine, path: string): HostKey["known"] {
  const own = linesOf(path)
    .flatMap((line) => readLine(line) ?? [])
    .filter((line) => line.name === name);
  if (own.length === 0) return "none";
  return own.some((line) => line.type === type && line.blob === blob) ? "same" : "other";
}

/**
 * Asks a box for its host key and logs in nowhere. ssh itself does it, with a file of known hosts that is empty, so that aliases, jump
 * hosts and the name under which the key will be looked up are those of the tunnel; ssh-keyscan knows none of them.
 */
export async function askHostKey(
  tools: SshTools,
  box: SshBox,
  signal: AbortSignal,
): Promise<Result<HostKey, SshProblem>> {
  if (tools.ssh === null) return failure(sshProblem("ssh_missing", box));
  const folder = mkdtempSync(join(tmpdir(), "lodestar-ssh-"));
  const seen = join(folder, "seen");
  const own = {
    ...{
      StrictHostKeyChecking: "accept-new",
      GlobalKnownHostsFile: "/dev/null",
      HashKnownHosts: "no",
      CheckHostIP: "no",
    },
    ...{ UserKnownHostsFile: quotePath(seen), PreferredAuthentications: "none" },
  };
  try {
    const child = Bun.spawn([tools.ssh, ...sshArguments(tools, box, ["-N"], own)], {
      env: sshEnvironment(tools),
      ...{ stdin: "ignore", stdout: "ignore", stderr: "pipe", signal },
    });
    const stderr = await new Response(child.stderr).text();
    await child.exited;
    const [line] = linesOf(seen).flatMap((text) => readLine(text) ?? []);
    if (line === undefined) return failure(problemOfExit(stderr, box, false));
    const { name, type, blob } = line;
    const known = knownAs(line, tools.knownHosts);
    return success({ type, fingerprint: fingerprintOf(blob), line: `${name} ${type} ${blob}`, known });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Accepts a host key from now on, instead of any other that was accepted for the same box. */
export function acceptHostKey({ knownHosts }: Pick<SshTools, "knownHosts">, key: HostKey): void {
  const name = readLine(key.line)?.name;
  const others = linesOf(knownHosts).filter((line) => readLine(line)?.name !== name);
  mkdirSync(dirname(knownHosts), { recursive: true, mode: 0o700 });
  writePrivateFile(knownHosts, `${[...others, key.line].join("\n")}\n`);
}
