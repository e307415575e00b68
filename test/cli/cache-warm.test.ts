import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { estimateWarming } from "../../src/cli/cache/warm-estimate.ts";
import type { WarmRequest } from "../../src/cli/cache/warm-file.ts";
import { estimateTokens } from "../../src/core/usage.ts";
import { type CliWorld, createCliWorlds } from "./harness.ts";

const makeWorld = createCliWorlds();
const folder = (): string => mkdtempSync(join(tmpdir(), "lodestar-warm-"));

const ROWS = [
  { model: "deepseek/deepseek-chat", temperature: 0, messages: [{ role: "user", content: "one" }], stream: true },
  { path: "/v1/messages", body: { model: "m", max_tokens: 5, messages: [{ role: "user", content: "two" }] } },
  { model: "m", messages: [{ role: "user", content: "three" }] },
];

interface Seen {
  readonly path: string;
  readonly cache: string | null;
  readonly tag: string | null;
  readonly project: string | null;
  readonly body: { readonly stream?: boolean };
}

/** A gateway that keeps what it answers, at a tenth of a cent; `kept` says otherwise by the words of a request. */
function open(kept: Readonly<Record<string, string>> = {}): CliWorld & { readonly seen: Seen[] } {
  const seen: Seen[] = [];
  const world = makeWorld({
    api: async (request) => {
      const text = await request.text();
      const { headers } = request;
      seen.push({
        path: new URL(request.url).pathname,
        cache: headers.get("x-lodestar-cache"),
        tag: headers.get("x-lodestar-tag"),
        project: headers.get("x-lodestar-project"),
        body: JSON.parse(text) as Seen["body"],
      });
      const outcome = Object.entries(kept).find(([word]) => text.includes(word))?.[1] ?? "stored";
      if (outcome === "refused") return Response.json({ error: { message: "no such model" } }, { status: 404 });
      return Response.json({ usage: { cost: 0.001 } }, { headers: { "x-lodestar-cache": outcome } });
    },
  });
  return { ...world, seen };
}

function fileOf(rows: readonly unknown[] | string): string {
  const path = join(folder(), "rows.ndjson");
  writeFileSync(path, typeof rows === "string" ? rows : rows.map((row) => JSON.stringify(row)).join("\n"));
  return path;
}

const MODEL = {
  id: "cloud/m",
  provider: "cloud",
  model: "m",
  aliases: ["coder"],
  inputUsd: 1,
  outputUsd: 2,
  isLocal: false,
  contextTokens: null,
  canUseTools: null,
  canReadImages: null,
  canReason: null,
} as const;

describe("what warming may cost", () => {
  const request = (body: WarmRequest["body"], path = "/v1/chat/completions"): WarmRequest => {
    return { line: 1, path, hash: "", body };
  };

  test("is the input and at most 500 tokens of answer, by the name that the request says", () => {
    const input = estimateTokens(JSON.stringify({ model: "m" })) / 1e6;
    expect(estimateWarming([request({ model: "m" })], [MODEL])).toEqual({ usd: input + 0.001, unknown: 0 });
    expect(estimateWarming([request({ model: "cloud/m", max_tokens: 9_000 })], [MODEL]).usd).toBeGreaterThan(0.001);
    expect(estimateWarming([request({ model: "coder", max_tokens: 5 })], [MODEL]).usd).toBeLessThan(0.0001);
    expect(estimateWarming([request({ model: "m" }, "/v1/embeddings")], [MODEL]).usd).toBe(input);
  });

  test("is nothing for a local model, and unknown for a name that leads to several or has no price", () => {
    expect(estimateWarming([request({ model: "m" })], [{ ...MODEL, isLocal: true }])).toEqual({ usd: 0, unknown: 0 });
    const twins = [MODEL, { ...MODEL, id: "other/m" }];
    const unpriced = { ...MODEL, inputUsd: null };
    expect(estimateWarming([request({ model: "auto" }), request({ model: "m" })], twins).unknown).toBe(2);
    expect(estimateWarming([request({ model: "m" })], [unpriced])).toEqual({ usd: 0, unknown: 1 });
  });
});

describe("cache warm", () => {
  test("asks each request once and whole, for the cache, and says what it cost", async () => {
    const { run, seen } = open();
    const file = fileOf([...ROWS, ROWS[2]]);
    const { code, out, err } = await run(["cache", "warm", file, "--project", "web", "--yes"]);
    expect([code, out]).toEqual([0, "3 answers kept, 0 kept before, $0.003\n"]);
    expect(err).toContain("3 requests for about");
    expect(seen.map(({ path }) => path)).toEqual(["/v1/chat/completions", "/v1/messages", "/v1/chat/completions"]);
    expect(seen.every(({ cache, tag, project }) => cache === "on" && tag === "cache-warm" && project === "web")).toBe(
      true,
    );
    expect(seen.every(({ body }) => body.stream === undefined)).toBe(true);
  });

  test("goes on where it was stopped: what is kept is not asked again, unless somebody else asks", async () => {
    const { run, seen } = open({ two: "miss; reason=truncated" });
    const file = fileOf(ROWS);
    await run(["cache", "warm", file, "--yes"]);
    const { out } = await run(["cache", "warm", file, "--yes", "--json"]);
    expect(JSON.parse(out)).toEqual({
      done: 2,
      stored: 0,
      hits: 0,
      notKept: { truncated: 1 },
      failed: [],
      left: 0,
      costUsd: 0.001,
    });
    expect(seen).toHaveLength(4);
    await run(["cache", "warm", file, "--yes", "--project", "other"]);
    expect(seen).toHaveLength(7);
  });

  test("asks again what the cache has let go of, and what a damaged note says nothing of", async () => {
    const { run, seen } = open();
    const file = fileOf(ROWS);
    await run(["cache", "warm", file, "--yes"]);
    const noted = readFileSync(`${file}.warmed`, "utf8");
    writeFileSync(`${file}.warmed`, noted.replaceAll(/"at":\d+/g, '"at":1'));
    await run(["cache", "warm", file, "--yes"]);
    expect(seen).toHaveLength(6);
    writeFileSync(`${file}.warmed`, '{"hash":\nnothing');
    await run(["cache", "warm", file, "--yes"]);
    expect(seen).toHaveLength(9);
  });

  test("stops at its budget, and tells what is left", async () => {
    const { run, seen } = open();
    const { code, out, err } = await run(["cache", "warm", fileOf(ROWS), "--yes", "--budget", "0.002"]);
    expect(seen).toHaveLength(2);
    expect(out).toStartWith("2 answers kept");
    expect(err).toContain("1 request left");
    expect(code).not.toBe(0);
  });

  test("asks first where somebody can answer", async () => {
    const { run, seen } = open();
    const stdin = {
      isTTY: true,
      readAll: async () => "",
      chunks: async function* () {
        yield "n\n";
      },
    };
    const { code, err } = await run(["cache", "warm", fileOf(ROWS)], { stdin, isTTY: true });
    expect(code).toBe(0);
    expect(err).toContain("nothing was asked");
    expect(seen).toHaveLength(0);
  });

  test("tells each request that failed by its line, and the hits among the others", async () => {
    const { run } = open({ two: "refused", three: "hit; age=3" });
    const { code, out, err } = await run(["cache", "warm", fileOf(ROWS), "--yes"]);
    expect(out).toBe("1 answer kept, 1 kept before, $0.002\n");
    expect(err).toContain("line 2: no such model");
    expect(code).not.toBe(0);
  });

  test.each([
    ["not JSON", "{", "rows.ndjson:1: it is not a JSON object"],
    ["a model is missing", '{"messages":[]}', "rows.ndjson:1: it names no model"],
    ["a path that is none", '\n{"path":"/v1/images","body":{"model":"m"}}', "rows.ndjson:2: path must be one of"],
    ["a body that is none", '{"path":"/v1/messages","body":[]}', "rows.ndjson:1: body must be a JSON object"],
  ])("asks nothing of a file in which %s", async (_, text, problem) => {
    const { run, seen } = open();
    const { code, err } = await run(["cache", "warm", fileOf(text), "--yes"]);
    expect(err).toContain(problem);
    expect(code).not.toBe(0);
    expect(seen).toHaveLength(0);
  });

  test("says what is wrong with a budget, and with a file that is not there", async () => {
    const { run } = open();
    expect((await run(["cache", "warm", fileOf(ROWS), "--budget", "much"])).err).toContain("no amount in USD");
    expect((await run(["cache", "warm", join(folder(), "none.ndjson")])).err).toContain("there is no file");
  });
});
