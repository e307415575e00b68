import { failure, type Result, success } from "../core/result.ts";
import { boxUrl, isSshUrl, parseSshUrl, type SshBox } from "../core/ssh-address.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { type CliProblem, failureProblem, usageProblem } from "../terminal/problem.ts";
import { confirm } from "../terminal/prompt.ts";
import { type CliHost, defineCommand } from "./command.ts";
import { inputsOf, jsonFlag } from "./shared-flags.ts";
import type { BoxKey } from "./ssh-side.ts";

function readBox(text: string): Result<SshBox, CliProblem> {
  const address = parseSshUrl(isSshUrl(text) ? text : `ssh://${text}`);
  if (address.ok) return success(address.value.box);
  return failure(usageProblem("ssh_address_invalid", `the box ${address.error}`, "lodestar ssh trust user@box"));
}

interface Wish {
  readonly fingerprint?: string | undefined;
  readonly replace: boolean;
}

/** Why a key is not accepted without a question, or null. */
function refusal(key: BoxKey, box: string, { fingerprint, replace }: Wish, canAsk: boolean): CliProblem | null {
  const own = `${key.fingerprint} (${key.type})`;
  if (fingerprint !== undefined && fingerprint !== key.fingerprint) {
    const fix = "do not connect: either the fingerprint is not this box's, or another machine answers in its place";
    return {
      ...failureProblem("ssh_fingerprint_differs", `${box} has the host key ${own}`, fix),
      exitCode: EXIT_CODES.auth,
    };
  }
  if (key.known === "other" && !replace) {
    const fix = `if its owner confirms the new one: lodestar ssh trust ${box} --replace`;
    const message = `${box} now has the host key ${own}, and another one was accepted before`;
    return { ...failureProblem("ssh_host_changed", message, fix), exitCode: EXIT_CODES.auth };
  }
  if (fingerprint !== undefined || canAsk) return null;
  const fix = `compare it with what the box prints (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then add --fingerprint ${key.fingerprint}`;
  const message = `${box} has the host key ${own}; nobody is here to confirm it`;
  return { ...failureProblem("ssh_fingerprint_needed", message, fix), exitCode: EXIT_CODES.auth };
}

async function decide(key: BoxKey, box: string, wish: Wish, { terminal, stdin }: CliHost): Promise<CliProblem | null> {
  const canAsk = stdin.isTTY === true && stdin.chunks !== undefined;
  const refused = refusal(key, box, wish, canAsk);
  if (refused !== null || wish.fingerprint !== undefined) return refused;
  terminal.talk(`${box} shows this host key (${key.type}):\n  ${key.fingerprint}`);
  terminal.talk("Compare it with what the box itself prints: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
  if (await confirm(terminal, stdin, "Is it the same?")) return null;
  return failureProblem("ssh_not_trusted", "the host key was not accepted; nothing was changed");
}

export const command = defineCommand({
  meta: {
    name: "trust",
    description: "Show a box's host key, and accept it after a look at its fingerprint",
    examples: [
      ["lodestar ssh trust ada@gpu-box", "shows the fingerprint and asks"],
      ["lodestar ssh trust ada@gpu-box:2222 --fingerprint SHA256:…", "for scripts: accepted only if it is this one"],
    ],
    notes: [
      "Keys that ~/.ssh/known_hosts holds already count too. What is accepted here goes into `known_hosts` in the state directory; yours is never changed.",
    ],
  },
  args: {
    box: { type: "positional", required: true, description: "user@box[:port], or the same as an ssh:// URL" },
    fingerprint: {
      type: "string",
      valueHint: "SHA256:…",
      description: "accept the key without a question if it is this one",
    },
    replace: { type: "boolean", description: "accept a key in place of another one that was accepted before" },
    ...jsonFlag,
    stateDir: {
      type: "string",
      valueHint: "DIR",
      env: "LODESTAR_STATE_DIR",
      description: "state directory of the daemon",
    },
  },
  async run({ args, ...host }) {
    const box = readBox(args.box);
    if (!box.ok) return box.error;
    const key = await (await host.backend()).ssh.askKey(inputsOf(host, args), box.value, host.signal);
    if (!key.ok) return key.error;
    const { type, fingerprint, known } = key.value;
    const url = boxUrl(box.value);
    if (known !== "same") {
      const problem = await decide(key.value, url, args, host);
      if (problem !== null) return problem;
      const accepted = key.value.accept();
      if (!accepted.ok) return accepted.error;
    }
    if (args.json) host.terminal.out(JSON.stringify({ box: url, type, fingerprint, wasKnown: known === "same" }));
    else host.terminal.out(`${known === "same" ? "already trusted" : "trusted"}: ${url} ${fingerprint}`);
    return EXIT_CODES.ok;
  },
});
