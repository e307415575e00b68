import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Backend } from "../../src/cli/backend.ts";
import type { BoxDaemon, BoxKey } from "../../src/cli/ssh-side.ts";
import { tunnelLines } from "../../src/cli/tunnel-words.ts";
import type { TunnelView } from "../../src/core/admin-view.ts";
import { failure, success } from "../../src/core/result.ts";
import { targetText } from "../../src/core/ssh-address.ts";
import { failureProblem } from "../../src/terminal/problem.ts";
import { type CliRun, NO_BACKEND, type RunOptions, run } from "./harness.ts";

const open: (() => void)[] = [];

afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** A box whose daemon answers through a socket, and what was asked of it. */
function fakeBox(daemon: Partial<BoxDaemon> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-box-"));
  const seen = { targets: [] as string[], credentials: [] as (string | null)[], reads: 0, closed: 0 };
  const socket = join(folder, "s");
  const server = Bun.serve({
    unix: socket,
    fetch(request) {
      seen.credentials.push(request.headers.get("authorization"));
      return Response.json({ webhooks: [], data: [] });
    },
  });
  open.push(() => {
    void server.stop(true);
    rmSync(folder, { recursive: true, force: true });
  });
  const ssh: Backend["ssh"] = {
    ...NO_BACKEND.ssh,
    async readDaemon() {
      seen.reads += 1;
      return success({ adminToken: null, apiPort: null, adminPort: null, ...daemon });
    },
    async openTunnel(_inputs, _box, target) {
      seen.targets.push(targetText(target));
      const close = (): void => {
        seen.closed += 1;
      };
      return success({ socket, explain: async () => null, close });
    },
  };
  return { seen, ssh };
}

describe("--url ssh://…", () => {
  test.each([
    ["ssh://ada@box", {}, "127.0.0.1:8080"],
    ["ssh://ada@box", { adminPort: 9090 }, "127.0.0.1:9090"],
    ["ssh://ada@box?admin=8181", { adminPort: 9090 }, "127.0.0.1:8181"],
    ["ssh://ada@box/localhost:8282", { adminPort: 9090 }, "localhost:8282"],
  ])("%s of a daemon that tells %j leads to %s", async (url, daemon, target) => {
    const { seen, ssh } = fakeBox({ ...daemon, adminToken: "a-token-of-the-box-0123456789" });
    const listed = await run(["webhooks", "--json", "--url", url], { backend: { ssh } });
    expect(listed).toMatchObject({ code: 0, err: "" });
    expect(seen).toMatchObject({ targets: [target], credentials: ["Bearer a-token-of-the-box-0123456789"], closed: 1 });
  });

  test("a credential in the environment goes before the one of the box", async () => {
    const { seen, ssh } = fakeBox({ adminToken: "of-the-box" });
    const environment = { LODESTAR_ADMIN_TOKEN: "of-the-environment" };
    await run(["webhooks", "--url", "ssh://box"], { backend: { ssh }, environment });
    expect(seen.credentials).toEqual(["Bearer of-the-environment"]);
  });

  test.each([
    "ssh://box?port=1",
    "ssh://box?admin=0",
    "ssh://box?admin=x",
    "ssh://ada:pw@box",
    "ssh://-x",
    "ssh://box/1",
  ])("%s is a wrong command line, and nobody is called", async (url) => {
    const { seen, ssh } = fakeBox();
    const refused = await run(["webhooks", "--url", url], { backend: { ssh } });
    expect(refused.code).toBe(2);
    expect(refused.err).toContain("ssh_address_invalid");
    expect(refused.err).not.toContain("pw");
    expect([seen.reads, seen.targets.length]).toEqual([0, 0]);
  });

  test("what ssh says of a failed login is the problem", async () => {
    const told = { ...failureProblem("ssh_key_refused", "no key", "add one"), exitCode: 4 as const };
    const ssh = { ...NO_BACKEND.ssh, readDaemon: async () => failure(told) };
    const refused = await run(["webhooks", "--url", "ssh://box"], { backend: { ssh } });
    expect(refused.code).toBe(4);
    expect(refused.err).toContain("ssh_key_refused");
  });

  test("is not handed to other programs, which could not use it", async () => {
    const printed = await run(["env", "--url", "ssh://ada@box"]);
    expect(printed).toMatchObject({ code: 2, out: "" });
    expect(printed.err).toContain("ssh_address_unusable");
  });
});

describe("lodestar ssh trust at a terminal", () => {
  function trust(
    known: BoxKey["known"],
    typed: string,
    more: readonly string[] = [],
  ): Promise<CliRun & { accepted: number }> {
    let accepted = 0;
    const key: BoxKey = {
      ...{ type: "ssh-ed25519", fingerprint: "SHA256:abc", known },
      accept() {
        accepted += 1;
        return success(undefined);
      },
    };
    const stdin: RunOptions["stdin"] = {
      isTTY: true,
      readAll: async () => typed,
      chunks: async function* () {
        yield typed;
      },
    };
    const backend = { ssh: { ...NO_BACKEND.ssh, askKey: async () => success(key) } };
    return run(["ssh", "trust", "ada@box", ...more], { backend, stdin, isTTY: true }).then((ended) => ({
      ...ended,
      accepted,
    }));
  }

  test.each([
    ["none", "yes\n", [], 0, 1],
    ["none", "\n", [], 1, 0],
    ["same", "", [], 0, 0],
    ["other", "yes\n", [], 4, 0],
    ["other", "yes\n", ["--replace"], 0, 1],
    ["other", "", ["--fingerprint", "SHA256:abc"], 4, 0],
    ["none", "", ["--fingerprint", "SHA256:abc"], 0, 1],
    ["none", "yes\n", ["--fingerprint", "SHA256:abd"], 4, 0],
  ] as const)("with %s key known before, %j typed and %j ends with %i", async (known, typed, more, code, accepted) => {
    const ended = await trust(known, typed, more);
    expect(ended).toMatchObject({ code, accepted });
    if (code === 4) expect(ended.err).toContain("SHA256:abc");
  });

  test("the fingerprint is shown before the question", async () => {
    const { err } = await trust("none", "n\n");
    expect(err.indexOf("SHA256:abc")).toBeGreaterThan(-1);
    expect(err.indexOf("SHA256:abc")).toBeLessThan(err.indexOf("[y/N]"));
  });
});

test("status says of each tunnel since when it is up, or when it is tried again and what to do", () => {
  const up: TunnelView = {
    ...{ box: "ssh://ada@box", target: "127.0.0.1:11434", state: "up", since: 0, retryAt: null, reconnects: 2 },
    lastError: { code: "ssh_lost", message: "the connection was lost", fix: "nothing to do" },
  };
  const lastError = { code: "ssh_key_refused", message: "takes none of the keys", fix: "add your public key" };
  const down: TunnelView = { ...up, box: "ssh://big", state: "waiting", retryAt: 70_000, reconnects: 0, lastError };
  const plain = (text: string): string => text;
  const style = new Proxy({} as Parameters<typeof tunnelLines>[1]["style"], { get: () => plain });
  const text = tunnelLines([up, down], { columns: 200, style }, 60_000).join("\n");
  expect(text).toMatch(/ssh:\/\/ada@box +127\.0\.0\.1:11434 +up for 1 ?m/);
  expect(text).toMatch(/ssh:\/\/big .*tries again in 10/);
  expect(text).toContain("ssh://big: add your public key (ssh_key_refused)");
  expect(text).not.toContain("nothing to do");
  expect(tunnelLines([], { columns: 80, style }, 0)).toEqual([]);
});
