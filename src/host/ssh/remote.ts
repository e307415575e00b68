import { isJsonObject, type JsonValue, parseJson } from "../../core/json.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { SshBox } from "../../core/ssh-address.ts";
import { type SshTools, sshArguments, sshEnvironment } from "./command.ts";
import { problemOfExit, type SshProblem, sshProblem } from "./problem.ts";

/** What an account on a box can read of the Lodestar that runs there. */
export interface RemoteDaemon {
  readonly adminToken: string | null;
  readonly apiPort: number | null;
  readonly adminPort: number | null;
}

/**
 * Runs on the box, in whatever shell the account has: prints what the daemon tells in its state directory, then the admin credential.
 * It is a constant: nothing that a user or a server said is part of it. Directories as in `defaultStateDir`.
 */
const READ = `sh -c 'for d in "$LODESTAR_STATE_DIR" "\${XDG_STATE_HOME:-$HOME/.local/state}/lodestar" "$HOME/Library/Application Support/lodestar" /var/lib/lodestar; do
if [ -n "$d" ] && [ -r "$d/admin.token" ]; then echo lodestar; cat "$d/ready.json" 2>/dev/null | tr -d "\\n"; echo; cat "$d/admin.token"; exit 0; fi; done; echo none'`;

const LONGEST_OUTPUT = 16_384;

function portOf(url: JsonValue | undefined): number | null {
  const [, port] =
    /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})\/?$/.exec(typeof url === "string" ? url : "") ?? [];
  return port === undefined ? null : Number(port);
}

/** Whatever a shell's own start-up prints before is left out; what is no credential counts as none. */
function readOutput(output: string): RemoteDaemon {
  const lines = output.slice(0, LONGEST_OUTPUT).split(/\r?\n/);
  const start = lines.lastIndexOf("lodestar");
  const ready = start === -1 ? undefined : parseJson(lines[start + 1] ?? "");
  const told = isJsonObject(ready) ? ready : {};
  const token = start === -1 ? "" : (lines[start + 2] ?? "").trim();
  return {
    adminToken: /^[A-Za-z0-9_-]{20,200}$/.test(token) ? token : null,
    apiPort: portOf(told.apiUrl),
    adminPort: portOf(told.adminUrl),
  };
}

/** Reads what the Lodestar on a box tells its owner, by the same login as the tunnel. */
export async function readRemoteDaemon(
  tools: SshTools,
  box: SshBox,
  signal: AbortSignal,
): Promise<Result<RemoteDaemon, SshProblem>> {
  if (tools.ssh === null) return failure(sshProblem("ssh_missing", box));
  const child = Bun.spawn([tools.ssh, ...sshArguments(tools, box, ["-T"]), READ], {
    env: sshEnvironment(tools),
    ...{ stdin: "ignore", stdout: "pipe", stderr: "pipe", signal },
  });
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const code = await child.exited;
  // 255 is ssh's own; anything else comes from the box, where an account may be allowed to forward ports only.
  return code === 255 ? failure(problemOfExit(errors, box, false)) : success(readOutput(output));
}
