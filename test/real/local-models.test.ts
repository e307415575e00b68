import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LocalEvent, LocalListView } from "../../src/core/local-view.ts";
import type { MemoryPlan } from "../../src/core/memory-plan/memory-plan.ts";
import { PLAIN_RUN, reportedSize } from "../../src/core/memory-plan/size.ts";
import { readModelFile } from "../../src/features/local-catalog/gguf-file.ts";
import { eventually } from "../support/eventually.ts";
import { type FakeRegistry, startRegistry } from "../support/fake-registry.ts";
import { modelMetadata, text, u32, writeGguf } from "../support/gguf-writer.ts";
import { binaryPath } from "./binary.ts";
import { ownModels } from "./chaos-lab.ts";
import { plainEnvironment, type RunningLodestar, runLodestar, startLodestar, stopLodestars } from "./driver.ts";
import { type Engine, GEMMA, NO_OLLAMA_REASON, SMOLLM, startOllama } from "./engines.ts";

const MIB = 1024 * 1024;

/** Weights that are no model, but a good file: pulling does not run them. */
function weights(): Uint8Array {
  const own = { block_count: u32(1), embedding_length: u32(64), "attention.head_count": u32(2) };
  const filler = ["general.description", text("x".repeat(12 * MIB))] as const;
  return writeGguf({ metadata: [...modelMetadata("llama", own), filler], tensors: [] });
}

describe.skipIf(NO_OLLAMA_REASON !== "")(
  `local models through the binary and a real Ollama ${NO_OLLAMA_REASON}`,
  () => {
    const models = NO_OLLAMA_REASON === "" ? ownModels() : null;
    let ollama: Engine;
    let lodestar: RunningLodestar;
    let registry: FakeRegistry;

    beforeAll(async () => {
      registry = startRegistry(weights());
      ollama = await startOllama({ OLLAMA_MODELS: models?.folder ?? "" });
      lodestar = await startLodestar({ config: "local: { contextTokens: 4096 }\n", env: { OLLAMA_HOST: ollama.host } });
    }, 120_000);

    afterAll(async () => {
      await stopLodestars();
      await ollama.stop();
      registry.stop();
      models?.remove();
    });

    async function json<View>(...words: readonly string[]): Promise<View> {
      const done = await lodestar.cli(...words, "--json");
      if (done.code !== 0) throw new Error(done.stderr + done.stdout);
      return JSON.parse(done.stdout.trim().split("\n").at(-1) ?? "") as View;
    }

    async function loadedOf(model: string) {
      const { models } = await json<LocalListView>("local", "list");
      return models.find(({ name }) => name === model)?.loaded ?? null;
    }

    test("the plan's prediction of what Ollama reports is within 10 % for both models at two contexts", async () => {
      const rows: string[] = [];
      for (const model of [SMOLLM, GEMMA]) {
        for (const contextTokens of [2_048, 8_192]) {
          const options = { num_ctx: contextTokens, num_thread: 1 };
          const load = { method: "POST", body: JSON.stringify({ model, options, keep_alive: "1m", stream: false }) };
          expect((await fetch(`${ollama.url}/api/generate`, load)).status).toBe(200);
          const running = (await (await fetch(`${ollama.url}/api/ps`)).json()) as { models: { size: number }[] };
          const measured = running.models[0]?.size ?? 0;
          const show = await fetch(`${ollama.url}/api/show`, { method: "POST", body: JSON.stringify({ model }) });
          const { modelfile } = (await show.json()) as { modelfile: string };
          const read = await readModelFile(/^FROM (.+)$/m.exec(modelfile)?.[1] ?? "", model);
          if (!read.ok) throw new Error(read.error.message);
          const { totalBytes } = reportedSize(read.value.shape, { ...PLAIN_RUN, contextTokens }, "processor");
          const error = totalBytes / measured - 1;
          const sizes = [totalBytes, measured].map((bytes) => `${(bytes / MIB).toFixed(1)} MiB`.padStart(11));
          rows.push(
            `${model.padEnd(14)} ${String(contextTokens).padStart(6)} ${sizes.join(" ")} ${(error * 100).toFixed(2)} %`,
          );
          expect(Math.abs(error)).toBeLessThan(0.1);
        }
      }
      console.log(["model         context   predicted    reported error", ...rows].join("\n"));
    }, 60_000);

    test("a plan reads installed models, files and the catalogue alike, and names what is missing", async () => {
      const plan = await json<MemoryPlan>("local", "plan", SMOLLM, "mistral:7b", "--vram", "4096", "--context", "4096");
      expect(plan.placements).toMatchObject([
        { name: SMOLLM, fits: "whole", layersOnCard: 31 },
        { name: "mistral:7b", fits: "partly" },
      ]);
      expect(plan.pairs).toMatchObject([{ names: [SMOLLM, "mistral:7b"], isPossible: false }]);
      const broken = join(lodestar.home, "broken.gguf");
      writeFileSync(broken, "GGUF but nothing else behind it, really");
      const bad = await lodestar.cli("local", "plan", broken, "--vram", "4096");
      expect([bad.code, bad.stderr]).toEqual([1, expect.stringContaining("bad_gguf")]);
      const none = await lodestar.cli("local", "plan", "smollm2:13m", "--vram", "4096");
      expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("model_not_found")]);
    });

    test("warm loads with the options of requests: the first request does not load again", async () => {
      const before = runnerStarts(ollama);
      const { stdout } = await lodestar.cli("local", "warm", SMOLLM);
      expect(stdout).toContain("is loaded at a context of 4,096");
      const body = { model: `ollama/${SMOLLM}`, max_tokens: 2, messages: [{ role: "user", content: "Hi" }] };
      const reply = await fetch(`${lodestar.apiUrl}/v1/chat/completions`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      expect(reply.status).toBe(200);
      expect(runnerStarts(ollama) - before).toBe(1);
    });

    test("pin keeps for good, and unload takes out of memory", async () => {
      await lodestar.cli("local", "pin", SMOLLM);
      const pinned = await loadedOf(SMOLLM);
      expect((pinned?.expiresAtMs ?? 0) - Date.now()).toBeGreaterThan(365 * 24 * 3_600_000);
      expect((await lodestar.cli("local", "list")).stdout).toContain("pinned");
      expect((await lodestar.cli("local", "unload", SMOLLM)).stdout).toContain("out of memory");
      expect(await loadedOf(SMOLLM)).toBeNull();
    });

    test("create makes a model with settings of its own, remove deletes it", async () => {
      const words = ["--from", SMOLLM, "--context", "2048", "--temperature", "0.25", "--system", "Be short."];
      expect((await lodestar.cli("local", "create", "terse", ...words)).code).toBe(0);
      const show = await fetch(`${ollama.url}/api/show`, { method: "POST", body: JSON.stringify({ model: "terse" }) });
      const { parameters, system } = (await show.json()) as { parameters: string; system: string };
      expect(system).toBe("Be short.");
      expect(parameters).toMatch(/num_ctx\s+2048/);
      expect(parameters).toMatch(/temperature\s+0.25/);
      expect((await lodestar.cli("local", "remove", "terse")).stdout).toContain("removed terse");
      const again = await lodestar.cli("local", "remove", "terse");
      expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("model_not_found")]);
    });

    test("a pull that is interrupted goes on where it stopped, and says how far it is", async () => {
      const place = [`--state-dir=${lodestar.stateDir}`];
      registry.hangAfter(5 * MIB);
      const child = Bun.spawn([await binaryPath(), "local", "pull", registry.model, "--insecure", "--json", ...place], {
        env: plainEnvironment(lodestar.home),
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      });
      await eventually("the download has begun", () => registry.starts.length > 0);
      const reader = child.stdout.getReader();
      let seen = "";
      await eventually("some of it is there", async () => {
        const { value, done } = await reader.read();
        seen += new TextDecoder().decode(value);
        return done || /"completedBytes":[1-9]/.test(seen);
      });
      child.kill("SIGINT");
      expect(await child.exited).toBe(130);
      registry.hangAfter(null);
      const done = await lodestar.cli("local", "pull", registry.model, "--insecure", "--json");
      const events = done.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as LocalEvent);
      expect(events.at(-1)).toEqual({ kind: "done" });
      expect(events.some((event) => event.kind === "progress" && event.completedBytes === event.totalBytes)).toBe(true);
      expect(Math.max(...registry.starts)).toBeGreaterThan(0);
      expect((await lodestar.cli("local", "list")).stdout).toContain("tiny");
    }, 60_000);

    test("a library without the model, and an Ollama that is gone, are told apart", async () => {
      const absent = await lodestar.cli("local", "pull", registry.model.replace("tiny", "absent"), "--insecure");
      expect([absent.code, absent.stderr]).toEqual([1, expect.stringContaining("model_not_in_library")]);
      const env = { OLLAMA_HOST: "127.0.0.1:9" };
      const gone = await runLodestar(["local", "pull", "qwen2.5-coder:1.5b"], { env });
      expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("ollama_unreachable")]);
    });

    test("a bench measures loads and speeds, each so often", async () => {
      const done = await lodestar.cli("local", "bench", SMOLLM, "--runs", "2", "--json");
      const lines = done.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as LocalEvent);
      const bench = lines.flatMap((event) => (event.kind === "bench" ? [event.bench] : []))[0];
      if (bench === undefined) throw new Error(done.stderr);
      expect(bench).toMatchObject({
        model: SMOLLM,
        contextTokens: 4_096,
        runs: 2,
        warmLoadMs: { n: 2 },
        decode: { n: 2 },
      });
      for (const { least, median, most } of [bench.warmLoadMs, bench.prefill, bench.decode]) {
        expect(least).toBeGreaterThan(0);
        expect(median).toBeGreaterThanOrEqual(least);
        expect(most).toBeGreaterThanOrEqual(median);
      }
    }, 60_000);

    test("a client's key opens none of it: not on the API port, not on the admin port", async () => {
      const created = (await json<{ secret: string }>("keys", "create", "me")).secret;
      const init = {
        method: "POST",
        headers: { authorization: `Bearer ${created}` },
        body: JSON.stringify({ model: SMOLLM }),
      };
      for (const path of [
        "/api/pull",
        "/api/create",
        "/api/delete",
        "/api/push",
        "/v1/local/remove",
        "/v1/local/pull",
      ]) {
        expect([path, (await fetch(lodestar.apiUrl + path, init)).status]).toEqual([path, 404]);
      }
      for (const path of ["/v1/local/remove", "/v1/local/pull", "/v1/local/create", "/v1/local/keep"]) {
        expect([path, (await fetch(lodestar.adminUrl + path, init)).status]).toEqual([path, 401]);
      }
      expect((await json<LocalListView>("local", "list")).models.map(({ name }) => name)).toContain(SMOLLM);
    });
  },
);

function runnerStarts(engine: Engine): number {
  return engine
    .log()
    .split("\n")
    .filter((line) => /msg="starting runner".* --model /.test(line)).length;
}
