import { describe, expect, test } from "bun:test";
import { forwardArguments, sshEnvironment } from "../../src/host/ssh/command.ts";
import { problemOfChannel, problemOfExit } from "../../src/host/ssh/problem.ts";
import { pauseMs } from "../../src/host/ssh/tunnel.ts";

const BOX = { user: "ada", host: "box", port: null };
const TARGET = { host: "127.0.0.1", port: 11434 };

describe("what ssh wrote before it ended", () => {
  test.each([
    ["ssh: connect to host box port 22: Connection refused", false, "ssh_unreachable"],
    ["ssh: connect to host box port 22: Connection timed out", false, "ssh_unreachable"],
    ["ssh: connect to host box port 22: No route to host", false, "ssh_unreachable"],
    ["ssh: Could not resolve hostname box: Name or service not known", false, "ssh_unreachable"],
    ["kex_exchange_identification: Connection closed by remote host", false, "ssh_unreachable"],
    ["Connection closed by 10.0.0.9 port 22", false, "ssh_unreachable"],
    ["Connection to box closed by remote host.", true, "ssh_lost"],
    ["Timeout, server box not responding.", true, "ssh_lost"],
    ["client_loop: send disconnect: Broken pipe", true, "ssh_lost"],
    ["", true, "ssh_lost"],
    ["ada@box: Permission denied (publickey).", false, "ssh_key_refused"],
    ["Received disconnect from 10.0.0.9 port 22:2: Too many authentication failures", false, "ssh_key_refused"],
    [
      "No ED25519 host key is known for box and you have requested strict checking.\nHost key verification failed.",
      false,
      "ssh_host_unknown",
    ],
    [
      "@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.",
      false,
      "ssh_host_changed",
    ],
    [
      "@       WARNING: REVOKED HOST KEY DETECTED!               @\nHost key verification failed.",
      false,
      "ssh_host_revoked",
    ],
    ["/home/ada/.ssh/config: line 3: Bad configuration option: nonsense", false, "ssh_config_invalid"],
    ["Bad owner or permissions on /home/ada/.ssh/config", false, "ssh_config_invalid"],
    ["something new", false, "ssh_failed"],
    ["", false, "ssh_failed"],
  ] as const)("%j (up before: %p) is %s", (stderr, wasUp, code) => {
    const problem = problemOfExit(stderr, BOX, wasUp);
    expect(problem.code).toBe(code);
    expect(problem.message.length > 10 && problem.fix.length > 10).toBe(true);
  });

  test("ssh's own words are quoted once, without its name twice", () => {
    const { message } = problemOfExit("ssh: connect to host box port 22: Connection refused", BOX, false);
    expect(message).toBe("ssh://ada@box cannot be reached (ssh: connect to host box port 22: Connection refused)");
  });

  test("a server's words cannot steer a terminal, nor fill it", () => {
    const { message } = problemOfExit(`\u001b[2Jowned \u0007${"x".repeat(5000)}`, BOX, false);
    expect([...message].filter((letter) => letter < " ")).toEqual([]);
    expect(message.length).toBeLessThan(400);
  });

  test("only a line about a channel that was not opened counts as a refusal", () => {
    expect(
      problemOfChannel("channel 2: open failed: connect failed: Connection refused", BOX, TARGET)?.message,
    ).toContain("127.0.0.1:11434");
    expect(problemOfChannel("debug1: channel 2: open confirm", BOX, TARGET)).toBeNull();
  });
});

test("an ssh asks nobody, shares nothing, and takes no host key on trust, whatever the user's configuration says", () => {
  const tools = { ssh: "/usr/bin/ssh", configFile: null, knownHosts: "/state 100%/known_hosts", environment: {} };
  const words = forwardArguments(tools, { ...BOX, port: 2222 }, TARGET, "/run/s");
  const options = words.flatMap((word, index) => (words[index - 1] === "-o" ? [word] : []));
  for (const option of ["BatchMode=yes", "StrictHostKeyChecking=yes", "ControlPath=none", "PermitLocalCommand=no"]) {
    expect(options).toContain(option);
  }
  expect(options[0]).toStartWith('UserKnownHostsFile="/state 100%%/known_hosts" "');
  expect(words.slice(-8)).toEqual(["-L", "/run/s:127.0.0.1:11434", "-l", "ada", "-p", "2222", "--", "box"]);
});

test("no password prompt of a desktop is inherited, and messages are in the language that is known", () => {
  const environment = {
    SSH_ASKPASS: "/bin/ask",
    SSH_ASKPASS_REQUIRE: "force",
    LC_ALL: "de_DE",
    SSH_AUTH_SOCK: "/agent",
  };
  expect(sshEnvironment({ ssh: null, configFile: null, knownHosts: "", environment })).toEqual({
    SSH_AUTH_SOCK: "/agent",
    LC_ALL: "C",
  });
});

test("pauses double up to a minute, by chance between half and whole, and never hammer where someone has to act first", () => {
  expect([1, 2, 3, 4].map((failures) => pauseMs(failures, false, 1))).toEqual([500, 1000, 2000, 4000]);
  expect([1, 30, 3000].map((failures) => pauseMs(failures, false, 0))).toEqual([250, 30_000, 30_000]);
  expect(pauseMs(1, true, 0)).toBe(7500);
});
