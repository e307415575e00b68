import type { BackendInputs } from "../cli/backend.ts";
import type { SshSide } from "../cli/ssh-side.ts";
import { failure, type Result, success } from "../core/result.ts";
import { boxUrl, targetText } from "../core/ssh-address.ts";
import { systemClock } from "../host/clock.ts";
import { type SshTools, sshTools } from "../host/ssh/command.ts";
import type { SshProblem } from "../host/ssh/problem.ts";
import { readRemoteDaemon } from "../host/ssh/remote.ts";
import { acceptHostKey, askHostKey } from "../host/ssh/trust.ts";
import { openTunnels } from "../host/ssh/tunnels.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import type { CliProblem } from "../terminal/problem.ts";
import { openPrivateStateDir, stateDirOf } from "./state-dir.ts";

/** A person at a terminal waits this long for a login. */
const PATIENCE_MS = 20_000;

const EXITS: Partial<Record<SshProblem["code"], CliProblem["exitCode"]>> = {
  ssh_key_refused: EXIT_CODES.auth,
  ssh_host_unknown: EXIT_CODES.auth,
  ssh_host_changed: EXIT_CODES.auth,
  ssh_host_revoked: EXIT_CODES.auth,
  ssh_missing: EXIT_CODES.failure,
  ssh_config_invalid: EXIT_CODES.failure,
  ssh_forward_refused: EXIT_CODES.notRunning,
};

/** What should listen there is a daemon, where a command line asks. */
const NO_DAEMON =
  "start `lodestar serve` on the box, or say its ports: ssh://user@box?api=4000&admin=8080; its sshd must allow forwarding (AllowTcpForwarding)";

function cliProblem({ code, message, fix: usual }: SshProblem): CliProblem {
  const fix = code === "ssh_forward_refused" ? NO_DAEMON : usual;
  return { code, message, fix, exitCode: EXITS[code] ?? EXIT_CODES.upstream };
}

function toolsOf(inputs: BackendInputs): SshTools {
  return sshTools(inputs.environment, stateDirOf(inputs));
}

/** What the command line does by SSH. Its tunnels are its own, whoever owns the state directory. */
export const sshSide: SshSide = {
  async openTunnel(inputs, box, target, signal) {
    const log = { write: () => undefined };
    const tunnels = openTunnels({ tools: toolsOf(inputs), stateDir: null, clock: systemClock, log });
    const route = await tunnels.routeFor(`${boxUrl(box)}/${targetText(target)}`, PATIENCE_MS, signal);
    if (!route.ok) {
      tunnels.close();
      return failure(cliProblem(route.error));
    }
    const { socket, explain } = route.value;
    return success({
      socket,
      close: tunnels.close,
      async explain() {
        const problem = await explain();
        return problem === null ? null : cliProblem(problem);
      },
    });
  },
  async readDaemon(inputs, box, signal) {
    const read = await readRemoteDaemon(toolsOf(inputs), box, signal);
    return read.ok ? read : failure(cliProblem(read.error));
  },
  async askKey(inputs, box, signal) {
    const tools = toolsOf(inputs);
    const asked = await askHostKey(tools, box, signal);
    if (!asked.ok) return failure(cliProblem(asked.error));
    const { type, fingerprint, known } = asked.value;
    const accept = (): Result<void, CliProblem> => {
      const directory = openPrivateStateDir(inputs);
      if (directory.ok) acceptHostKey(tools, asked.value);
      return directory.ok ? success(undefined) : directory;
    };
    return success({ type, fingerprint, known, accept });
  },
};
