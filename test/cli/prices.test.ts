import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backend } from "../../src/compose.ts";
import { publishedPrices } from "../features/prices/kit.ts";
import { run } from "./harness.ts";

const folders: string[] = [];
const servers: { stop(isForced: boolean): Promise<void> }[] = [];
afterAll(async () => {
  for (const server of servers) await server.stop(true);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Commands on a state directory and a configuration file of their own, without a daemon. */
function world(config?: string) {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-prices-"));
  folders.push(folder);
  const file = join(folder, "config.yaml");
  if (config !== undefined) writeFileSync(file, config);
  const environment = {
    HOME: folder,
    LODESTAR_STATE_DIR: join(folder, "state"),
    LODESTAR_CONFIG: file,
    OLLAMA_HOST: "127.0.0.1:9",
  };
  const prices = (...argv: readonly string[]) => run(["prices", ...argv], { environment, backend });
  return { folder, file, state: join(folder, "state"), prices };
}

/** The published file with one price changed. */
function publishedWith(price: number): string {
  const providers = publishedPrices();
  const model = providers.find(({ id }) => id === "openai")?.models.find(({ id }) => id === "gpt-4o");
  if (model !== undefined) model.prices = { input_mtok: price, output_mtok: 10 };
  return JSON.stringify(providers);
}

async function inputOf(prices: ReturnType<typeof world>["prices"]): Promise<unknown> {
  const shown = JSON.parse((await prices("show", "openai/gpt-4o", "--json")).out);
  return shown.candidates.find(({ isUsed }: { isUsed: boolean }) => isUsed).row.rates.input;
}

const CONFIG = "# mine\nserver:\n  port: 4001 # not the usual one\n";

describe("lodestar prices", () => {
  test("says what is in use, and warns of old tables on stderr", async () => {
    const { prices } = world(CONFIG);
    const { code, out, err } = await prices();
    expect(code).toBe(0);
    expect(out.split("\n")[1]).toMatch(/^genai-prices +genai-prices \d+\.\d+\.\d+ .* bundled /);
    const { tables } = JSON.parse((await prices("--json")).out);
    for (const { table, isOld } of tables) expect(err.includes(`${table} is`)).toBe(isOld);
  });

  test("update takes a file, uses it, keeps it private, and goes back", async () => {
    const { folder, state, prices } = world(CONFIG);
    const file = join(folder, "data.json");
    writeFileSync(file, publishedWith(3));
    const done = await prices("update", "--from", `genai-prices=${file}`);
    expect([done.code, done.err]).toEqual([0, ""]);
    expect(done.out).toContain("priced models, 1 changed, 0 new, 0 gone");
    expect(await inputOf(prices)).toBe(3);
    expect((await prices("diff")).out).toContain("what the update changed: 1 of ");
    expect((await prices("update", "--undo")).code).toBe(0);
    expect(await inputOf(prices)).toBe(2.5);
    expect((await prices("update", "--undo", "--json")).out).toBe('{"undone":true,"reloaded":false}\n');
    expect(await inputOf(prices)).toBe(3);
    expect(existsSync(join(state, "prices.json"))).toBe(true);
  });

  test("update reads a URL that was named, even on this machine, and refuses what is no price table", async () => {
    const { state, prices } = world(CONFIG);
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) =>
        request.url.endsWith("/good")
          ? new Response(publishedWith(4), { headers: { "content-type": "text/plain; charset=utf-8" } })
          : new Response("<html>", {
              headers: { "content-type": request.url.endsWith("/html") ? "text/html" : "text/plain" },
            }),
    });
    servers.push(server);
    const from = (path: string) =>
      prices("update", "--from", `genai-prices=http://127.0.0.1:${server.port}/${path}`, "--json");
    expect(JSON.parse((await from("bad")).err).error).toMatchObject({ code: "price_source_refused" });
    expect(JSON.parse((await from("html")).err).error).toMatchObject({ code: "price_source_unreadable" });
    expect(existsSync(join(state, "prices.json"))).toBe(false);
    expect(JSON.parse((await from("good")).out)).toMatchObject({ sources: [{ table: "genai-prices", changed: 1 }] });
    expect(await inputOf(prices)).toBe(4);
  });

  test("update keeps the ledger's hands off: a row keeps the price it was settled with", async () => {
    const { folder, prices } = world(CONFIG);
    const before = JSON.parse((await prices("show", "openai/gpt-4o", "--json")).out).candidates[0].row;
    const file = join(folder, "data.json");
    writeFileSync(file, publishedWith(3));
    await prices("update", "--from", `genai-prices=${file}`);
    const after = JSON.parse((await prices("show", "openai/gpt-4o", "--json")).out).candidates;
    expect(after[0].row.id).not.toBe(before.id);
    expect(after.map(({ row }: { row: { id: string } }) => row.id)).toContain(before.id);
  });

  test.each([
    [["update", "--from", "elsewhere=data.json"], "bad_price_source", 2],
    [["update", "--from", "genai-prices="], "bad_price_source", 2],
    [["update", "--from", "genai-prices=/nowhere/data.json"], "price_source_unreadable", 1],
    [["update", "--undo"], "no_previous_prices", 1],
    [["show", "gpt-4oo"], "no_such_price", 1],
    [["override", "openai/gpt-4o"], "no_rates", 2],
    [["override", "openai/gpt-4o", "--input", "-1"], "bad_rate", 2],
    [["override", "openai/gpt-4o", "--cache-write1h", "much"], "bad_rate", 2],
    [["override", "openai/gpt-4o", "--remove", "--input", "1"], "flags_conflict", 2],
    [["override", "openai/gpt-4o", "--remove"], "no_such_override", 1],
    [["override", "nobody/m", "--input", "1"], "config_invalid", 3],
  ] as const)("%p ends with %s", async (argv, code, exit) => {
    const { file, prices } = world(CONFIG);
    const ended = await prices(...argv, "--json");
    expect([JSON.parse(ended.err).error.code, ended.code, ended.out]).toEqual([code, exit, ""]);
    expect(readFileSync(file, "utf8")).toBe(CONFIG);
  });

  test("show prints every price with its condition and source, the one in use marked", async () => {
    const { out } = await world(CONFIG).prices("show", "deepseek/deepseek-v4-flash");
    const rows = out.split("\n").filter((line) => line.includes("deepseek/deepseek-v4-flash"));
    expect(rows.filter((line) => line.startsWith("*")).length).toBe(1);
    for (const words of ["from 2026-08-17", "01:00-04:00 UTC", "06:00-10:00 UTC"]) expect(out).toContain(words);
    expect(out).toContain("US dollars per million tokens");
  });

  test("show prints steps by size, rates without a column, and where the sources disagree", async () => {
    const { out } = await world(CONFIG).prices("show", "anthropic/claude-sonnet-4-5");
    expect(out).toContain("3; 6 >200000");
    expect(out).toContain("also: ");
    expect(out).toContain("webSearchesPerThousand 10");
    expect(out).toContain("the two sources disagree:");
  });

  test("diff shows twenty differences of each kind, and all when asked", async () => {
    const { prices } = world(CONFIG);
    const [few, all] = [(await prices("diff")).out, (await prices("diff", "--all")).out];
    expect(few).toMatch(/and [\d,]+ more: lodestar prices diff --all/);
    expect(all.split("\n").length).toBeGreaterThan(few.split("\n").length);
    expect(JSON.parse((await prices("diff", "--json")).out).comparisons[0].name).toBe("sources");
  });

  test("show says what an unknown name may have meant", async () => {
    const { err } = await world(CONFIG).prices("show", "gtp-5.4");
    expect(err).toContain("Did you mean gpt-5.4");
  });

  test("override writes the file with its comments, is used, changed, and taken out again", async () => {
    const { file, prices } = world(CONFIG);
    expect((await prices("override", "openai/gpt-4o", "--input", "1.5", "--output", "4")).code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(
      `${CONFIG}prices:\n  overrides:\n    openai/gpt-4o:\n      input: 1.5\n      output: 4\n`,
    );
    expect(await inputOf(prices)).toBe(1.5);
    await prices(
      "override",
      "openai/gpt-4o",
      "--input",
      "2",
      "--cache-read",
      "0.2",
      "--cache-write",
      "3",
      "--cache-write1h",
      "5",
    );
    const { candidates } = JSON.parse((await prices("show", "openai/gpt-4o", "--json")).out);
    expect(candidates[0].row.rates).toEqual({ input: 2, output: 4, cacheRead: 0.2, cacheWrite5m: 3, cacheWrite1h: 5 });
    expect((await prices("diff")).out).toContain("what your own prices change: 1 of 1 model");
    expect((await prices("override", "openai/gpt-4o", "--remove")).code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(CONFIG);
  });

  test("override makes the file where there is none, and leaves none behind that would not load", async () => {
    const { file, prices } = world();
    expect((await prices("override", "nobody/m", "--input", "1")).code).toBe(3);
    expect(existsSync(file)).toBe(false);
  });
});
