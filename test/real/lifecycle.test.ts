import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StatusView } from "../../src/core/admin-view.ts";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import { eventually } from "../support/eventually.ts";
import { type FakeUpstream, startFakeUpstream } from "../support/fake-upstream.ts";
import {
  plainEnvironment,
  type RunningLodestar,
  runLodestar,
  startLodestar,
  stopLodestars,
  temporaryFolder,
} from "./driver.ts";
import { CHAT_WIRES, objectOf, post } from "./http.ts";
import { MODEL, openWorld } from "./world.ts";

const OPENAI = CHAT_WIRES["openai-chat"];
const ASK = OPENAI.request(MODEL, "hello", false, 9);

const open: FakeUpstream[] = [];
afterEach(async () => {
  await stopLodestars();
  for (const fake of open.splice(0)) await fake.stop();
});

async function answering(more = "", args: readonly string[] = []) {
  const world = await openWorld(more, args);
  open.push(world.fake);
  world.behave({ kind: "json", body: chatReply("hello there") });
  return world;
}

async function ask(lodestar: RunningLodestar, headers: Record<string, string> = {}): Promise<Response> {
  return post(lodestar.apiUrl, OPENAI.path, ASK, { headers });
}

async function textFrom(response: Response, seen: (text: string) => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    seen(text);
  }
  return text;
}

/** Whether a daemon that drains turns a new request away, by a 503 or by its closed port. */
async function refusesNew(lodestar: RunningLodestar): Promise<boolean> {
  await eventually("draining", () => lodestar.events.some((event) => event.event === "draining"));
  return ask(lodestar).then(
    (response) => response.status === 503,
    () => true,
  );
}

describe("stopping", () => {
  const words = Array.from({ length: 20 }, (_, index) => `word${index} `);

  test("SIGTERM lets an open stream end whole, says that it drains, takes nothing new, and ends with 0", async () => {
    const { lodestar, behave } = await answering();
    behave({ kind: "stream", chunks: chatChunks(words), everyMs: 40 });
    const response = await post(lodestar.apiUrl, OPENAI.path, OPENAI.request(MODEL, "hello", true, 99));
    const refusals: Promise<boolean>[] = [];
    const text = await textFrom(response, () => {
      if (refusals.length > 0) return;
      lodestar.signal("SIGTERM");
      refusals.push(refusesNew(lodestar));
    });
    expect(OPENAI.streamText(text)).toBe(words.join(""));
    expect(OPENAI.isWhole(text)).toBe(true);
    expect(await Promise.all(refusals)).toEqual([true]);
    expect(await lodestar.exited).toBe(0);
    expect(lodestar.events.find((event) => event.event === "draining")).toMatchObject({ open: 1 });
    const after = await lodestar.cli("status", "--json");
    expect(after.code).toBe(7);
    const again = await startLodestar({ home: lodestar.home, env: { LAB_KEY: "sk-lab-secret" } });
    expect(await again.rows()).toMatchObject([{ state: "final" }]);
  });

  test("a stream that outlasts the drain deadline ends with an error event, and is booked as aborted", async () => {
    const { lodestar, behave } = await answering("server: { drain: 300ms }");
    behave({ kind: "stream", chunks: chatChunks(words).slice(0, 3), ending: "hang" });
    const response = await post(lodestar.apiUrl, OPENAI.path, OPENAI.request(MODEL, "hello", true, 99));
    let isSignalled = false;
    const text = await textFrom(response, () => {
      if (!isSignalled) lodestar.signal("SIGTERM");
      isSignalled = true;
    });
    expect(OPENAI.streamError(text)).not.toBeNull();
    expect(await lodestar.exited).toBe(0);
    const again = await startLodestar({ home: lodestar.home, env: { LAB_KEY: "sk-lab-secret" } });
    expect(await again.rows()).toMatchObject([{ state: "aborted", fault: { kind: "shutdown" } }]);
  });

  test("a second signal ends it at once", async () => {
    const { lodestar, behave, fake } = await answering("server: { drain: 60s }");
    behave({ kind: "hang" });
    const pending = ask(lodestar).catch(() => null);
    await fake.seen(1);
    lodestar.signal("SIGTERM");
    await eventually("the first signal", () => lodestar.events.some((event) => event.event === "draining"));
    const secondAt = performance.now();
    lodestar.signal("SIGTERM");
    await lodestar.exited;
    // Draining would take the whole minute.
    expect(performance.now() - secondAt).toBeLessThan(30_000);
    await pending;
  });
});

describe("coming back", () => {
  test("a restart keeps the ledger, to the last row", async () => {
    const { lodestar } = await answering();
    for (let request = 0; request < 5; request++) await (await ask(lodestar)).text();
    await lodestar.stop();
    const again = await startLodestar({ home: lodestar.home, env: { LAB_KEY: "sk-lab-secret" } });
    expect(await again.rows()).toHaveLength(5);
    await (await ask(again)).text();
    expect((await again.rows()).map((row) => row.state)).toEqual(Array.from({ length: 6 }, () => "final"));
  });

  test("after kill -9 under load no committed row is lost, and only the last 50 ms can be missing", async () => {
    const { lodestar, fake } = await answering();
    let isOver = false;
    const worker = async (): Promise<void> => {
      while (!isOver)
        await ask(lodestar).then(
          (response) => response.text(),
          () => undefined,
        );
    };
    const workers = Array.from({ length: 8 }, worker);
    await fake.seen(300);
    const committed = new Set((await lodestar.rows()).map((row) => row.requestId));
    await fake.seen(fake.calls.length + 200);
    const killedAt = performance.now();
    await lodestar.kill();
    isOver = true;
    await Promise.all(workers);
    const again = await startLodestar({ home: lodestar.home, env: { LAB_KEY: "sk-lab-secret" } });
    const rows = await again.rows();
    const kept = new Set(rows.map((row) => row.requestId));
    expect([...committed].filter((id) => !kept.has(id))).toEqual([]);
    expect(rows.every((row) => row.state === "final" || row.state === "estimated")).toBe(true);
    // 50 ms of group commit, 50 ms for a batch and the signal on a busy machine.
    const durable = fake.calls.filter((call) => call.at < killedAt - 100).length;
    expect(rows.length).toBeGreaterThanOrEqual(durable);
    expect(rows.length).toBeLessThanOrEqual(fake.calls.length);
    const costs = JSON.parse((await again.cli("costs", "--json")).stdout) as { totals: { attempts: number } };
    expect(costs.totals.attempts).toBe(rows.length);
  }, 30_000);

  test("what was open at a kill -9 is closed as an estimate", async () => {
    const { lodestar, behave, fake } = await answering();
    behave({ kind: "stream", chunks: chatChunks(["one "]).slice(0, 2), ending: "hang" });
    const response = await post(lodestar.apiUrl, OPENAI.path, OPENAI.request(MODEL, "hello", true, 99));
    await fake.seen(1);
    await eventually("the committed intent", async () => (await lodestar.rows()).length === 1);
    await lodestar.kill();
    await response.text().catch(() => "");
    const again = await startLodestar({ home: lodestar.home, env: { LAB_KEY: "sk-lab-secret" } });
    expect(await again.rows()).toMatchObject([{ state: "estimated" }]);
    expect((await again.rows())[0]?.endedAt).not.toBeNull();
  });
});

describe("in the background", () => {
  test("--detach, status, env, logs, restart and stop find each other by the state directory", async () => {
    const home = temporaryFolder();
    const env = plainEnvironment(home, { LODESTAR_STATE_DIR: join(home, "state") });
    const run = (...words: string[]) => runLodestar(words, { env });
    const down = await run("status");
    expect(down.code).toBe(7);
    expect(down.stderr).toContain("lodestar serve");
    for (const command of ["stop", "restart", "env"]) expect((await run(command)).code).toBe(7);

    try {
      const started = await run("serve", "--detach", "--json", "--port=0", "--admin-port=0");
      expect(started).toMatchObject({ code: 0 });
      const first = JSON.parse(started.stdout) as { pid: number; apiUrl: string; adminUrl: string };
      const status = JSON.parse((await run("status", "--json")).stdout) as StatusView;
      expect(status.daemon).toMatchObject({ running: true, pid: first.pid, apiUrl: first.apiUrl });
      expect((await run("env")).stdout).toContain(`export OPENAI_BASE_URL='${first.apiUrl}/v1'`);
      expect((await run("logs")).stdout).toContain("ready");

      const restarted = JSON.parse((await run("restart", "--json")).stdout) as typeof first;
      expect(restarted).toMatchObject({ apiUrl: first.apiUrl, adminUrl: first.adminUrl });
      expect(restarted.pid).not.toBe(first.pid);
      expect((await fetch(`${restarted.apiUrl}/livez`)).status).toBe(200);

      expect(await run("stop", "--json")).toMatchObject({ code: 0, stdout: `{"stopped":${restarted.pid}}\n` });
      expect((await run("status", "--json")).code).toBe(7);
      expect((await run("logs")).stdout).toContain("stopping");
    } finally {
      await run("stop", "--force");
    }
  }, 30_000);
});

describe("a disk that is full", () => {
  function mount(folder: string): boolean {
    return Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder]).exitCode === 0;
  }

  const probe = temporaryFolder();
  const canMount = process.platform === "linux" && mount(probe);
  if (canMount) Bun.spawnSync(["umount", probe]);
  const reason = canMount ? "" : " (skipped: mounting a small file system is not permitted)";

  test.skipIf(!canMount)(
    `answers go on, status says so, and every row is there once there is space${reason}`,
    async () => {
      const disk = mkdtempSync(join(tmpdir(), "lodestar-disk-"));
      expect(mount(disk)).toBe(true);
      try {
        const fake = await startFakeUpstream(() => ({ kind: "json", body: chatReply("hello there") }));
        open.push(fake);
        const lodestar = await startLodestar({
          config: `providers: { lab: { dialect: openai-chat, baseUrl: "${fake.url}/v1" } }`,
          stateDir: join(disk, "state"),
        });
        expect((await ask(lodestar)).status).toBe(200);
        const filler = join(disk, "filler");
        Bun.spawnSync(["dd", "if=/dev/zero", `of=${filler}`, "bs=4k"], { stderr: "ignore" });
        const requests = 40;
        for (let request = 0; request < requests; request++) expect((await ask(lodestar)).status).toBe(200);
        const full = await eventually("the complaint", async () => {
          const { ledger } = (await lodestar.status()).daemon;
          return ledger.lastError !== null && ledger;
        });
        expect(full.lastError).toMatch(/full/);
        expect((await lodestar.cli("status")).stdout).toContain("NOT WRITING");
        Bun.spawnSync(["rm", filler]);
        await eventually(
          "the queue is written",
          async () => {
            const { ledger } = (await lodestar.status()).daemon;
            return ledger.queued === 0 && ledger.lastError === null;
          },
          15_000,
        );
        expect(await lodestar.rows()).toHaveLength(requests + 1);
      } finally {
        await stopLodestars();
        Bun.spawnSync(["umount", "-l", disk]);
        rmSync(disk, { recursive: true });
      }
    },
    40_000,
  );
});

describe("configuration and keys of a running daemon", () => {
  test("a changed file is taken into use, a broken one is refused and the old one stays", async () => {
    const { lodestar, fake } = await answering();
    const configs = (outcome: "loaded" | "rejected") =>
      lodestar.events.filter((event) => event.event === "config" && event.outcome === outcome);
    const good = await Bun.file(lodestar.configFile).text();
    await Bun.write(lodestar.configFile, `${good}\naliases: { mine: ${MODEL} }\n`);
    await eventually("the reload", () => configs("loaded").length === 1);
    const aliased = await post(lodestar.apiUrl, OPENAI.path, { ...ASK, model: "mine" });
    expect(aliased.status).toBe(200);
    await Bun.write(lodestar.configFile, `${good}\naliases: { mine: ${MODEL}\n`);
    await eventually("the refusal", () => configs("rejected").length === 1);
    expect(configs("rejected")[0]).toMatchObject({ message: expect.stringContaining(lodestar.configFile) });
    expect((await post(lodestar.apiUrl, OPENAI.path, { ...ASK, model: "mine" })).status).toBe(200);
    expect(fake.calls).toHaveLength(2);
    const told = await lodestar.cli("status");
    expect(told.stdout).toContain(`its last change is refused, so the older one is in use: ${lodestar.configFile}:`);
  }, 20_000);

  test("a .env file in the working folder has no effect", async () => {
    const folder = temporaryFolder();
    await Bun.write(join(folder, ".env"), "LODESTAR_LOG_LEVEL=nonsense\nOPENAI_API_KEY=sk-from-dotenv\n");
    const lodestar = await startLodestar({ cwd: folder });
    expect((await lodestar.status()).providers.map(({ id }) => id)).toEqual(["ollama"]);
  });

  test("without a key anyone on loopback may call; the first key ends that at once, and its limits hold", async () => {
    const { lodestar } = await answering();
    expect((await ask(lodestar, { authorization: "Bearer whatever" })).status).toBe(200);
    const made = await lodestar.cli("keys", "create", "me", "--models", MODEL, "--json");
    expect(made.code).toBe(0);
    const { secret: key } = JSON.parse(made.stdout) as { secret: string };
    const anonymous = await ask(lodestar);
    expect(anonymous.status).toBe(401);
    expect(await objectOf(anonymous)).toMatchObject({ error: { type: "authentication_error" } });
    expect((await ask(lodestar, { authorization: "Bearer whatever" })).status).toBe(401);
    for (const headers of [{ authorization: `Bearer ${key}` }, { "x-api-key": key }, { "x-goog-api-key": key }]) {
      expect((await ask(lodestar, headers)).status).toBe(200);
    }
    const other = await post(
      lodestar.apiUrl,
      OPENAI.path,
      { ...ASK, model: "lab/other" },
      { headers: { "x-api-key": key } },
    );
    expect(other.status).toBe(403);
    const rows = await lodestar.rows();
    expect(rows).toHaveLength(4);
    expect(rows.filter((row) => row.keyId !== null)).toHaveLength(3);
    const logs = await lodestar.cli("logs", "--json", "-n", "1000");
    expect(logs.stdout).not.toContain(key);
  });
});
