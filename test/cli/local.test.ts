import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gpuView } from "../../src/core/gpu/gpu.ts";
import { modelMetadata, u32, writeGguf } from "../support/gguf-writer.ts";
import { type CliWorld, makeCliWorld } from "./harness.ts";

const MIB = 1024 * 1024;
const NOON_AHEAD = "2999-01-01T00:00:00Z";

const folder = mkdtempSync(join(tmpdir(), "lodestar-local-"));
const closing: (() => unknown)[] = [];
afterAll(() => {
  for (const close of closing) close();
  rmSync(folder, { recursive: true, force: true });
});

/** An Ollama that has one local model, loaded, and one of its cloud. */
function fakeOllama(own: (path: string) => Response | null = () => null): string {
  const tags = [
    { name: "small:1b", size: 900 * MIB, details: { quantization_level: "Q4_K_M", parameter_size: "1B" } },
    { name: "huge:cloud", size: 0 },
  ];
  const loaded = {
    name: "small:1b",
    size: 1_000 * MIB,
    size_vram: 250 * MIB,
    context_length: 4_096,
    expires_at: NOON_AHEAD,
  };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const answer = own(pathname);
      if (answer !== null) return answer;
      if (pathname === "/api/version") return Response.json({ version: "0.24.0" });
      if (pathname === "/api/tags") return Response.json({ models: tags });
      if (pathname === "/api/ps") return Response.json({ models: [loaded] });
      if (pathname === "/api/show")
        return Response.json({
          details: { family: "llama" },
          capabilities: ["completion", "tools"],
          model_info: { "general.architecture": "llama", "llama.context_length": 131_072 },
        });
      return Response.json({ status: "success", done: true });
    },
  });
  closing.push(() => server.stop(true));
  return server.url.origin;
}

function world(options: Parameters<typeof makeCliWorld>[0] = {}): CliWorld {
  const made = makeCliWorld({ ollama: { ollama: fakeOllama() }, ...options });
  closing.push(made.close);
  return made;
}

describe("lodestar local", () => {
  for (const isRunning of [true, false]) {
    test(`lists what is installed and loaded, ${isRunning ? "through the daemon" : "without one"}`, async () => {
      const { out, code } = await world({ isRunning }).run(["local"]);
      expect(code).toBe(0);
      expect(out).toContain("1000.0 MiB 25 % on the card at 4,096, pinned");
      expect(out).toContain("in the cloud: not free");
      expect(out).toMatch(/ollama\/small:1b +900\.0 MiB +Q4_K_M +131,072 +yes/);
    });
  }

  test("says why an engine cannot be used, and what to do where nothing is installed", async () => {
    const gone = await world({ ollama: { ollama: "http://127.0.0.1:9" } }).run(["local", "list"]);
    expect(gone.err).toContain("ollama at http://127.0.0.1:9: ");
    expect(gone.err).toContain("lodestar local catalog");
  });

  test("shows what fits a card, and says of what day it is", async () => {
    const { out, err } = await world().run(["local", "catalog", "--fits", "4096", "--task", "complete"]);
    expect(out).toContain("qwen2.5-coder:1.5b");
    expect(out).not.toContain("codellama:7b");
    expect(err).toMatch(/as of \d{4}-\d\d-\d\d/);
    const all = await world().run(["local", "catalog", "--vram", "4096", "--json"]);
    const { models } = JSON.parse(all.out) as {
      models: readonly { name: string; infill: string; fitsAtContext: number }[];
    };
    expect(models.find(({ name }) => name === "codellama:7b")).toMatchObject({
      fitsAtContext: null,
      infill: "<PRE> {before} <SUF>{after} <MID>",
    });
  });

  test("plans by name and by file, at the memory that is given", async () => {
    const own = {
      block_count: u32(2),
      embedding_length: u32(64),
      "attention.head_count": u32(2),
      context_length: u32(8_192),
    };
    const file = join(folder, "own.gguf");
    writeFileSync(file, writeGguf({ metadata: modelMetadata("llama", own), tensors: [] }));
    const { out, err, code } = await world().run(["local", "plan", file, "llama3.2:3b", "--vram", "4096"]);
    expect(code).toBe(0);
    expect(out).toMatch(/own\.gguf +4,096/);
    expect(out).toMatch(/llama3\.2:3b +4,096 .* 29 of 29 +fits/);
    expect(out).toMatch(/llama3\.2:3b +131,072 .* (several times slower|does not fit)/);
    expect(out).toContain("own.gguf + llama3.2:3b: ");
    expect(err).toContain("from the catalogue: llama3.2:3b");
    expect(err).toContain("457.0 MiB a model");
  });

  test("takes the card's memory from its driver, and asks for it where there is none", async () => {
    const reading = { index: 0, id: "GPU-1", totalBytes: 4_096 * MIB, usedBytes: 100 * MIB };
    const report = { at: 0, source: "nvml", driver: "1", cuda: null, gpus: [reading], problem: null };
    const view = gpuView(report as unknown as Parameters<typeof gpuView>[0], null);
    const desk = { read: async () => view, latest: () => null, hurry: () => undefined, history: () => ({}) };
    const found = await world({ gpu: desk as never }).run(["local", "plan", "llama3.2:3b", "--json"]);
    expect(JSON.parse(found.out)).toMatchObject({ cardBytes: 4_096 * MIB });
    const none = await world().run(["local", "plan", "llama3.2:3b"]);
    expect([none.code, none.err]).toEqual([2, expect.stringContaining("vram_unknown")]);
  });

  test("refuses a card, a context and a number of sequences of nothing", async () => {
    const card = ["--vram", "4096"];
    for (const words of [
      ["--vram", "0"],
      [...card, "--context", "0"],
      [...card, "--parallel", "0"],
    ]) {
      const { code, err } = await world().run(["local", "plan", "llama3.2:3b", ...words]);
      expect([words, code, err]).toEqual([words, 2, expect.stringContaining("must be at least 1")]);
    }
  });

  test("says of a file in the other byte order that it cannot run here", async () => {
    const own = { block_count: u32(1), embedding_length: u32(64), "attention.head_count": u32(2) };
    const file = join(folder, "big.gguf");
    writeFileSync(file, writeGguf({ metadata: modelMetadata("llama", own), tensors: [], isLittleEndian: false }));
    const { code, err } = await world().run(["local", "plan", file, "--vram", "4096"]);
    expect([code, err]).toEqual([0, expect.stringContaining("big.gguf is big-endian")]);
  });

  test("tells a file that is not there from one that is no model", async () => {
    writeFileSync(join(folder, "page.gguf"), "<!doctype html> this is not a model at all");
    const absent = await world().run(["local", "plan", join(folder, "none.gguf"), "--vram", "4096"]);
    expect(absent.err).toContain("file_not_found");
    const page = await world().run(["local", "plan", join(folder, "page.gguf"), "--vram", "4096"]);
    expect(page.err).toContain("not-gguf at byte 0");
  });

  test("warns of a model that only part of which is on the card, and of one that was gone at once", async () => {
    const { out } = await world().run(["local", "warm", "small:1b"]);
    expect(out).toContain("only 250.0 MiB are on the card: it will be several times slower");
    expect((await world().run(["local", "pin", "small:1b"])).out).toContain("stays until `lodestar local unload`");
    const ollama = { ollama: fakeOllama((path) => (path === "/api/ps" ? Response.json({ models: [] }) : null)) };
    expect((await world({ ollama }).run(["local", "warm", "small:1b"])).out).toContain(
      "another model wanted its place",
    );
    expect((await world({ ollama }).run(["local", "unload", "small:1b"])).out).toContain("is out of memory");
    const json = await world().run(["local", "warm", "small:1b", "--json"]);
    expect(JSON.parse(json.out)).toMatchObject({ model: "small:1b", how: "warm", loaded: { vramBytes: 250 * MIB } });
  });

  test("shows a download as it goes, and its failure with what to do", async () => {
    const part = (completed: number) =>
      `${JSON.stringify({ status: "pulling", digest: "d", total: 100, completed })}\n`;
    const whole = part(0) + part(50) + part(100) + JSON.stringify({ status: "success" });
    const ollama = { ollama: fakeOllama((path) => (path === "/api/pull" ? new Response(whole) : null)) };
    const { out, err } = await world({ ollama }).run(["local", "pull", "new:1b"]);
    expect(err).toContain("new:1b: 50 %, 50 B of 100 B");
    expect(out).toContain("lodestar local warm new:1b");
    const lines = (await world({ ollama }).run(["local", "pull", "new:1b", "--json"])).out.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).kind)).toEqual(["progress", "progress", "progress", "done"]);
    const full = JSON.stringify({ error: "write /x: no space left on device" });
    const sick = { ollama: fakeOllama((path) => (path === "/api/pull" ? new Response(full) : null)) };
    const failed = await world({ ollama: sick }).run(["local", "pull", "new:1b"]);
    expect([failed.code, failed.err]).toEqual([1, expect.stringMatching(/disk_full/)]);
    expect(failed.err).toContain("it goes on where it stopped");
  });

  test("makes and removes models, and refuses what cannot be", async () => {
    const made = await world().run(["local", "create", "terse", "--from", "small:1b", "--temperature", "0.5"]);
    expect([made.code, made.out]).toEqual([0, "made terse from small:1b\n"]);
    const hot = await world().run(["local", "create", "hot", "--from", "small:1b", "--temperature", "9"]);
    expect([hot.code, hot.err]).toEqual([2, expect.stringContaining("from 0 to 2")]);
    expect((await world().run(["local", "remove", "small:1b"])).out).toBe("removed small:1b\n");
    const absent = await world().run(["local", "remove", "smal:1b"]);
    expect([absent.code, absent.err]).toEqual([1, expect.stringContaining("small:1b")]);
  });

  test("prints a bench as medians with their range", async () => {
    const reply = { done: true, prompt_eval_count: 200, prompt_eval_duration: 1e9, eval_count: 64, eval_duration: 2e9 };
    const ollama = { ollama: fakeOllama((path) => (path === "/api/generate" ? Response.json(reply) : null)) };
    const { out } = await world({ ollama }).run(["local", "bench", "small:1b", "--runs", "2"]);
    expect(out).toContain("read a prompt of 200      200 tok/s (200 tok/s to 200 tok/s, n = 2)");
    expect(out).toMatch(/write +32\.0 tok\/s/);
    expect(out).toContain("load from disk            not measured");
  });
});
