import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/host/clock.ts";
import { readOllama } from "../../src/host/ollama/ollama.ts";
import { sshTools } from "../../src/host/ssh/command.ts";
import { useTunnels } from "../../src/host/ssh/fetch.ts";
import { acceptHostKey, askHostKey } from "../../src/host/ssh/trust.ts";
import { openTunnels, type Tunnels } from "../../src/host/ssh/tunnels.ts";
import { createUpstream } from "../../src/host/upstream/fetch.ts";
import { freePort, NO_SSHD, openSshd, type Sshd } from "../support/sshd.ts";
import { until } from "./temporary.ts";

const NO_SIGNAL = new AbortController().signal;
const PATIENCE_MS = 10_000;

function fakeOllama() {
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/api/version") return Response.json({ version: "0.24.0" });
      if (pathname === "/api/tags") return Response.json({ models: [{ name: "tiny:latest", size: 1 }] });
      if (pathname === "/api/ps") return Response.json({ models: [] });
      if (pathname === "/slow") {
        return new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new TextEncoder().encode("first\n")),
          }),
        );
      }
      return new Response(`${request.headers.get("host")}${pathname}`);
    },
  });
}

/** A state directory and tunnels that work with it. */
function open(sshd: Sshd, more: { config?: string; isTrusted?: boolean } = {}) {
  const stateDir = realpathSync(mkdtempSync("/tmp/lodestar-tunnel-"));
  const environment = { PATH: process.env.PATH, LODESTAR_SSH_CONFIG: more.config ?? sshd.config };
  const tools = sshTools(environment, stateDir);
  if (more.isTrusted !== false) writeFileSync(tools.knownHosts, `${sshd.knownLine()}\n`);
  const tunnels = openTunnels({ tools, stateDir, clock: systemClock, log: { write: () => undefined } });
  const letGo = useTunnels(tunnels);
  return {
    tunnels,
    tools,
    stateDir,
    async [Symbol.asyncDispose]() {
      letGo();
      tunnels.close();
      await until(() => sockets(stateDir).length === 0, "sockets left behind");
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

function sockets(stateDir: string): readonly string[] {
  const folder = join(stateDir, "ssh");
  return existsSync(folder) ? readdirSync(folder) : [];
}

function processesNaming(word: string): number {
  return Bun.spawnSync(["pgrep", "-f", word])
    .stdout.toString()
    .split("\n")
    .filter((line) => line !== "").length;
}

async function codeOf(tunnels: Tunnels, url: string, patienceMs = PATIENCE_MS): Promise<string | null> {
  const route = await tunnels.routeFor(url, patienceMs, null);
  return route.ok ? null : route.error.code;
}

describe.skipIf(NO_SSHD !== null)(
  `through a real OpenSSH server${NO_SSHD === null ? "" : ` (skipped: ${NO_SSHD})`}`,
  () => {
    let sshd: Sshd;
    let ollama: ReturnType<typeof fakeOllama>;
    const urlTo = (port: number | undefined = ollama.port): string =>
      `ssh://${sshd.user}@127.0.0.1:${sshd.port}/127.0.0.1:${port}`;

    beforeAll(async () => {
      sshd = await openSshd();
      ollama = fakeOllama();
    });
    afterAll(async () => {
      ollama.stop(true);
      await sshd[Symbol.asyncDispose]();
    });

    test("an Ollama behind a box is asked as one on this machine, through a socket that nobody else can enter", async () => {
      await using side = open(sshd);
      const state = await readOllama(urlTo(), 5000);
      expect(state.ok && state.value.installed.map(({ name }) => name)).toEqual(["tiny:latest"]);
      const [folder = ""] = sockets(side.stateDir);
      expect(statSync(join(side.stateDir, "ssh", folder)).mode & 0o777).toBe(0o700);
      expect(statSync(join(side.stateDir, "ssh", folder, "s")).mode & 0o777).toBe(0o600);
      expect(side.tunnels.views()).toMatchObject([{ state: "up", retryAt: null, reconnects: 0, lastError: null }]);
    });

    test("many requests at once share one tunnel and wait for it while it connects", async () => {
      await using side = open(sshd);
      const send = createUpstream({ proxyFor: () => null, ca: [], clock: systemClock });
      const replies = await Promise.all(Array.from({ length: 20 }, () => send(requestFor(`${urlTo()}/v1/chat`))));
      const texts = await Promise.all(replies.map(async (reply) => (reply.ok ? reply.value.text(1000) : reply)));
      expect(new Set(texts.map((text) => (text.ok ? text.value : text.error.message)))).toEqual(
        new Set([`127.0.0.1:${ollama.port}/v1/chat`]),
      );
      expect(side.tunnels.views()).toHaveLength(1);
    });

    test("a host key that nobody accepted is refused, and accepted after its fingerprint was seen", async () => {
      await using side = open(sshd, { isTrusted: false });
      expect(await codeOf(side.tunnels, urlTo())).toBe("ssh_host_unknown");
      side.tunnels.close();
      const box = { user: sshd.user, host: "127.0.0.1", port: sshd.port };
      const key = await askHostKey(side.tools, box, NO_SIGNAL);
      if (!key.ok) throw new Error(key.error.message);
      expect(key.value).toMatchObject({ fingerprint: sshd.fingerprint(), type: "ssh-ed25519", known: "none" });
      acceptHostKey(side.tools, key.value);
      expect(statSync(side.tools.knownHosts).mode & 0o777).toBe(0o600);
      expect(await codeOf(side.tunnels, urlTo())).toBeNull();
      const again = await askHostKey(side.tools, box, NO_SIGNAL);
      expect(again.ok && again.value.known).toBe("same");
    });

    test("a key that the box does not take is told as that, and is no reason to hold a request up", async () => {
      await using side = open(sshd, { config: sshd.strangerConfig });
      expect(await codeOf(side.tunnels, urlTo())).toBe("ssh_key_refused");
      expect(await codeOf(side.tunnels, urlTo())).toBe("ssh_key_refused");
      const [view] = side.tunnels.views();
      expect(view).toMatchObject({ state: "waiting", lastError: { code: "ssh_key_refused" } });
      expect((view?.retryAt ?? 0) > Date.now()).toBe(true);
    });

    test("a port behind the box where nothing listens is told with what ssh saw", async () => {
      await using side = open(sshd);
      const send = createUpstream({ proxyFor: () => null, ca: [], clock: systemClock });
      const sent = await send(requestFor(`${urlTo(await freePort())}/x`));
      expect(sent.ok).toBe(false);
      if (sent.ok) return;
      expect(sent.error.kind).toBe("connect");
      expect(sent.error.message).toContain("ssh_forward_refused");
      expect(sent.error.message).toContain("Connection refused");
      expect(side.tunnels.views()).toMatchObject([{ state: "up", lastError: { code: "ssh_forward_refused" } }]);
    });

    test("a box that is not there, and a machine without ssh, are told as what they are", async () => {
      await using side = open(sshd);
      const nowhere = `ssh://127.0.0.1:${await freePort()}/127.0.0.1:1`;
      expect(await codeOf(side.tunnels, nowhere, 100)).toBeOneOf(["ssh_unreachable", "ssh_timeout"]);
      await until(() => side.tunnels.views()[0]?.lastError?.code === "ssh_unreachable", "the refusal of the port");
      const tools = { ...side.tools, ssh: null };
      const bare = openTunnels({ tools, stateDir: null, clock: systemClock, log: { write: () => undefined } });
      expect(await codeOf(bare, urlTo())).toBe("ssh_missing");
      bare.close();
    });

    test("a tunnel that dies in the middle of an answer ends it with a clear error, comes back by itself, and counts it", async () => {
      await using side = open(sshd);
      const send = createUpstream({ proxyFor: () => null, ca: [], clock: systemClock });
      const sent = await send(requestFor(`${urlTo()}/slow`));
      if (!sent.ok) throw new Error(sent.error.message);
      const reader = sent.value.reader();
      expect(new TextDecoder().decode((await reader.read()).value)).toBe("first\n");
      await sshd.stop();
      const broken = await reader.read().then(
        () => null,
        (error: unknown) => sent.value.faultOf(error),
      );
      expect(broken?.kind).toBe("truncated");
      expect(broken?.message).toContain(`ssh://${sshd.user}@127.0.0.1:${sshd.port}`);
      await until(() => side.tunnels.views()[0]?.state === "waiting", "the loss to be noticed");
      expect(side.tunnels.views()[0]?.lastError?.code).toBeOneOf(["ssh_lost", "ssh_unreachable"]);
      await sshd.start();
      await until(() => side.tunnels.views()[0]?.state === "up", "the tunnel to come back", 15_000);
      expect(side.tunnels.views()[0]).toMatchObject({ reconnects: 1 });
      expect((await readOllama(urlTo(), 5000)).ok).toBe(true);
    }, 60_000);

    test("a box that takes the connection and then says nothing holds a request up no longer than its patience", async () => {
      const mute = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
      await using side = open(sshd);
      const url = `ssh://127.0.0.1:${mute.port}/127.0.0.1:1`;
      expect(await codeOf(side.tunnels, url, 50)).toBe("ssh_timeout");
      const leaving = new AbortController();
      const asked = side.tunnels.routeFor(url, PATIENCE_MS, leaving.signal);
      leaving.abort();
      expect((await asked).ok).toBe(false);
      const waiting = side.tunnels.routeFor(url, PATIENCE_MS, null);
      side.tunnels.close();
      const closed = await waiting;
      expect(closed.ok ? null : closed.error.code).toBe("ssh_closed");
      mute.stop(true);
    });

    test("another host key than the trusted one is never taken, and the words say what it may mean", async () => {
      await using own = await openSshd();
      await using side = open(own);
      await own.stop();
      own.changeHostKey();
      await own.start();
      const route = await side.tunnels.routeFor(
        `ssh://${own.user}@127.0.0.1:${own.port}/127.0.0.1:1`,
        PATIENCE_MS,
        null,
      );
      expect(route.ok ? null : route.error).toMatchObject({ code: "ssh_host_changed", isLasting: true });
      expect(route.ok ? "" : route.error.fix).toContain("--replace");
      const key = await askHostKey(side.tools, { user: own.user, host: "127.0.0.1", port: own.port }, NO_SIGNAL);
      expect(key.ok && key.value).toMatchObject({ known: "other", fingerprint: own.fingerprint() });
    });

    test("a server that forbids forwarding is told as that", async () => {
      await using own = await openSshd(["AllowTcpForwarding no"]);
      await using _side = open(own);
      const state = await readOllama(`ssh://${own.user}@127.0.0.1:${own.port}/127.0.0.1:${ollama.port}`, 5000);
      expect(state.ok ? "" : state.error).toContain("ssh_forward_refused");
    });

    test("what is no longer configured is closed: no process and no socket stays", async () => {
      await using side = open(sshd);
      side.tunnels.keep([urlTo(), "https://api.example/v1"]);
      expect(await codeOf(side.tunnels, urlTo())).toBeNull();
      expect(processesNaming(side.stateDir)).toBeGreaterThan(0);
      side.tunnels.keep([]);
      expect(side.tunnels.views()).toEqual([]);
      await until(() => processesNaming(side.stateDir) === 0 && sockets(side.stateDir).length === 0, "an ssh to end");
    });

    test("a process that is killed leaves no ssh and no socket behind, nor what an earlier one left", async () => {
      await using side = open(sshd);
      const child = Bun.spawn(
        [process.execPath, join(import.meta.dir, "programs", "tunnel.ts"), side.stateDir, urlTo()],
        {
          env: { ...process.env, LODESTAR_SSH_CONFIG: sshd.config },
          stdout: "pipe",
        },
      );
      const reader = child.stdout.getReader();
      expect(new TextDecoder().decode((await reader.read()).value)).toBe("up\n");
      expect(sockets(side.stateDir)).toHaveLength(1);
      child.kill("SIGKILL");
      await child.exited;
      await until(() => processesNaming(side.stateDir) === 0 && sockets(side.stateDir).length === 0, "an ssh to end");
    });
  },
);

function requestFor(url: string) {
  return {
    url,
    method: "GET" as const,
    headers: {},
    body: null,
    signal: NO_SIGNAL,
    deadlines: { connectMs: 10_000, headersMs: 10_000 },
    isLocal: true,
  };
}
