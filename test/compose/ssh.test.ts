import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackendInputs, Daemon } from "../../src/cli/backend.ts";
import { backend } from "../../src/compose.ts";
import type { StatusView } from "../../src/core/admin-view.ts";
import { readAdminToken } from "../../src/host/state.ts";
import { type CliRun, run } from "../cli/harness.ts";
import { chatReply } from "../support/chat-chunks.ts";
import { eventually } from "../support/eventually.ts";
import { NO_SSHD, openSshd, type Sshd } from "../support/sshd.ts";
import { createWorld } from "../support/world.ts";
import { createInputs } from "./inputs.ts";

const inputsFor = createInputs();
const { fake } = createWorld();
const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function daemon(inputs: BackendInputs): Promise<Daemon> {
  const started = await backend.startDaemon(inputs);
  if (!started.ok) throw new Error(started.error.message);
  open.push(async () => {
    started.value.abort();
    await started.value.closed;
  });
  return started.value;
}

async function statusOf({ adminUrl, stateDir }: Daemon): Promise<StatusView> {
  const token = readAdminToken(stateDir);
  const headers = { authorization: `Bearer ${token.ok ? token.value : ""}` };
  return (await (await fetch(`${adminUrl}/v1/status`, { headers })).json()) as StatusView;
}

function ask({ apiUrl }: Daemon, model: string): Promise<Response> {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "hello" }] });
  return fetch(`${apiUrl}/v1/chat/completions`, { method: "POST", body });
}

/** A state directory that trusts the box, for the daemon of `inputs`. */
function trust(inputs: BackendInputs, sshd: Sshd): void {
  const stateDir = inputs.flags.stateDir ?? "";
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  writeFileSync(join(stateDir, "known_hosts"), `${sshd.knownLine()}\n`);
}

describe.skipIf(NO_SSHD !== null)(`a daemon and a box${NO_SSHD === null ? "" : ` (skipped: ${NO_SSHD})`}`, () => {
  let sshd: Sshd;
  let remoteState: string;
  const box = (): string => `ssh://${sshd.user}@127.0.0.1:${sshd.port}`;
  const behind = (url: string): string => `${box()}/${new URL(url).host}`;

  beforeAll(async () => {
    remoteState = mkdtempSync(join(tmpdir(), "lodestar-remote-"));
    sshd = await openSshd([`SetEnv LODESTAR_STATE_DIR=${remoteState}`]);
  });
  afterAll(async () => {
    await sshd[Symbol.asyncDispose]();
    rmSync(remoteState, { recursive: true, force: true });
  });

  test("a provider behind a box answers; when its tunnel dies the chain goes on, and `status` says why", async () => {
    const far = await fake(() => ({ kind: "json", body: chatReply("far") }));
    const near = await fake(() => ({ kind: "json", body: chatReply("near") }));
    const config = `
providers:
  far: { baseUrl: "${behind(far.url)}/v1", models: [m] }
  near: { baseUrl: "${near.url}/v1", models: [m] }
chains: { duo: [far/m, near/m] }
`;
    const inputs = await inputsFor(config, { LODESTAR_SSH_CONFIG: sshd.config, PATH: process.env.PATH ?? "" });
    trust(inputs, sshd);
    const running = await daemon(inputs);
    expect(await (await ask(running, "duo")).text()).toContain("far");
    expect((await statusOf(running)).tunnels).toMatchObject([
      { box: box(), target: new URL(far.url).host, state: "up", lastError: null },
    ]);
    await sshd.stop();
    await eventually("the tunnel is waiting", async () => (await statusOf(running)).tunnels[0]?.state === "waiting");
    expect(await (await ask(running, "duo")).text()).toContain("near");
    const [tunnel] = (await statusOf(running)).tunnels;
    expect(tunnel?.lastError?.code).toBeOneOf(["ssh_lost", "ssh_unreachable"]);
    await sshd.start();
    await eventually("the tunnel is up", async () => (await statusOf(running)).tunnels[0]?.state === "up");
  }, 60_000);

  test("OLLAMA_HOST=ssh://user@box leads to the Ollama there", async () => {
    const environment = { LODESTAR_SSH_CONFIG: sshd.config, PATH: process.env.PATH ?? "", OLLAMA_HOST: box() };
    const inputs = await inputsFor("", environment);
    trust(inputs, sshd);
    const running = await daemon(inputs);
    const { tunnels, providers } = await statusOf(running);
    expect(tunnels).toMatchObject([{ box: box(), target: "127.0.0.1:11434" }]);
    expect(providers.find(({ id }) => id === "ollama")?.baseUrl).toBe(`${box()}/127.0.0.1:11434`);
  });

  describe("the command line with --url ssh://…", () => {
    let home: string;
    const lodestar = (argv: readonly string[], config = sshd.config): Promise<CliRun> => {
      const environment = {
        LODESTAR_SSH_CONFIG: config,
        PATH: process.env.PATH ?? "",
        LODESTAR_STATE_DIR: home,
        HOME: home,
      };
      return run(argv, { backend, environment });
    };

    beforeAll(() => {
      home = mkdtempSync(join(tmpdir(), "lodestar-client-"));
    });
    afterAll(() => rmSync(home, { recursive: true, force: true }));

    test("is refused before the host key is trusted, and says how to trust it", async () => {
      const refused = await lodestar(["status", "--url", box()]);
      expect(refused.code).toBe(4);
      expect(refused.err).toContain(`lodestar ssh trust ${box()}`);
      expect(refused.err).toContain("ssh_host_unknown");
    });

    test("a host key is only taken with its fingerprint where nobody can be asked", async () => {
      const unasked = await lodestar(["ssh", "trust", box()]);
      expect(unasked.code).toBe(4);
      expect(unasked.err).toContain(`--fingerprint ${sshd.fingerprint()}`);
      const wrong = await lodestar(["ssh", "trust", box(), "--fingerprint", "SHA256:abc"]);
      expect(wrong.err).toContain("ssh_fingerprint_differs");
      const right = await lodestar(["ssh", "trust", box(), "--fingerprint", sshd.fingerprint(), "--json"]);
      expect(JSON.parse(right.out)).toMatchObject({ box: box(), fingerprint: sshd.fingerprint(), wasKnown: false });
      expect(readFileSync(join(home, "known_hosts"), "utf8")).toBe(`${sshd.knownLine()}\n`);
      expect((await lodestar(["ssh", "trust", box()])).out).toContain("already trusted");
    });

    test("finds the ports and the credential of the daemon there, and asks it", async () => {
      const inputs = await inputsFor("");
      const there = await daemon({ ...inputs, flags: { ...inputs.flags, stateDir: remoteState } });
      const status = await lodestar(["status", "--json", "--url", box()]);
      expect(status.err).toBe("");
      expect(JSON.parse(status.out)).toMatchObject({ daemon: { running: true, adminUrl: there.adminUrl } });
      const models = await lodestar(["models", "--url", `${box()}?admin=${new URL(there.adminUrl).port}`]);
      expect(models.code).toBe(0);
    });

    test("a box without a daemon, a key that is refused and a malformed URL are told apart", async () => {
      const nobody = await lodestar(["status", "--url", `${box()}/127.0.0.1:9`]);
      expect(nobody.err).toContain("ssh_forward_refused");
      expect(nobody.err).toContain("start `lodestar serve` on the box");
      expect(nobody.code).toBe(7);
      const stranger = await lodestar(["status", "--url", box()], sshd.strangerConfig);
      expect(stranger.err).toContain("ssh_key_refused");
      expect(stranger.code).toBe(4);
      const hostile = await lodestar(["status", "--url", "ssh://-oProxyCommand=id/"]);
      expect(hostile.err).toContain("ssh_address_invalid");
      expect(hostile.code).toBe(2);
    });
  });
});
