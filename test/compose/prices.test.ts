import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Daemon } from "../../src/cli/backend.ts";
import { backend } from "../../src/compose.ts";
import type { PriceShowView } from "../../src/core/price-view.ts";
import { run } from "../cli/harness.ts";
import { publishedPrices } from "../features/prices/kit.ts";
import { createInputs } from "./inputs.ts";

const inputsFor = createInputs();
const daemons: Daemon[] = [];
afterEach(async () => {
  for (const daemon of daemons.splice(0)) await daemon.stop("the test is over");
});

/** The published file with another price of one model. */
function publishedWith(price: number): string {
  const providers = publishedPrices();
  const model = providers.find(({ id }) => id === "openai")?.models.find(({ id }) => id === "gpt-4o");
  if (model !== undefined) model.prices = { input_mtok: price, output_mtok: 10 };
  return JSON.stringify(providers);
}

/** A daemon, and commands that find it by its state directory. */
async function serving() {
  const inputs = await inputsFor("server: {}\n");
  const started = await backend.startDaemon(inputs);
  if (!started.ok) throw new Error(started.error.message);
  daemons.push(started.value);
  const { stateDir = "", config = "" } = inputs.flags;
  const environment = {
    HOME: stateDir,
    LODESTAR_STATE_DIR: stateDir,
    LODESTAR_CONFIG: config,
    OLLAMA_HOST: "127.0.0.1:9",
  };
  return {
    file: join(stateDir, "published.json"),
    prices: (...argv: readonly string[]) => run(["prices", ...argv], { environment, backend }),
  };
}

describe("a running daemon", () => {
  test("uses an update, its undoing and an override at once, and answers what it uses", async () => {
    const { file, prices } = await serving();
    const used = async (): Promise<unknown> => {
      const view: PriceShowView = JSON.parse((await prices("show", "openai/gpt-4o", "--json")).out);
      return view.candidates.find(({ isUsed }) => isUsed)?.row.rates.input;
    };
    expect(await used()).toBe(2.5);
    await Bun.write(file, publishedWith(3));
    const updated = await prices("update", "--from", `genai-prices=${file}`);
    expect([updated.code, updated.err]).toEqual([0, "the daemon uses them from now on\n"]);
    expect(await used()).toBe(3);
    expect((await prices("override", "openai/gpt-4o", "--input", "7")).out).toContain("and the daemon uses it");
    expect(await used()).toBe(7);
    await prices("override", "openai/gpt-4o", "--remove");
    await prices("update", "--undo");
    expect(await used()).toBe(2.5);
    expect((await prices("diff")).out).toContain("where the two sources disagree");
  });
});
