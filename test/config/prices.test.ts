import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSettings } from "../../src/config/load.ts";
import type { RateCard } from "../../src/core/price.ts";

/** The one override of a configuration, or what is wrong with it. */
function overrideOf(card: string): RateCard | string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-config-"));
  try {
    const config = join(folder, "config.yaml");
    writeFileSync(config, `prices:\n  overrides:\n    openai/gpt-5.4: ${card}\n`);
    const loaded = loadSettings({ flags: { config, stateDir: folder }, environment: { HOME: folder } });
    if (loaded.ok) return loaded.value.settings.prices.overrides["openai/gpt-5.4"];
    return loaded.error.map(({ path, message }) => `${path} ${message}`).join("\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("a price of one's own", () => {
  test.each<[card: string, rates: RateCard]>([
    ["{ input: 0, output: 0 }", { input: 0, output: 0 }],
    [
      "{ input: { base: 2.5, tiers: [{ above: 272000, price: 5 }] } }",
      { input: { base: 2.5, tiers: [{ above: 272_000, price: 5 }] } },
    ],
    ["{ inputVideo: 1, webSearchesPerThousand: 10 }", { inputVideo: 1, webSearchesPerThousand: 10 }],
    ["{ input: 1, serviceTiers: { flex: { input: 0.5 } } }", { input: 1, serviceTiers: { flex: { input: 0.5 } } }],
  ])("may be %s", (card, rates) => {
    expect(overrideOf(card)).toEqual(rates);
  });

  test.each([
    ["{ input: -1 }", "prices.overrides.openai/gpt-5.4.input"],
    ["{ input: much }", "USD per million tokens"],
    ["{ input: .inf }", "prices.overrides.openai/gpt-5.4.input"],
    ["{ output: 2e9 }", "prices.overrides.openai/gpt-5.4.output"],
    ["{ requestsPerThousand: .inf }", "at most 1000000"],
    ["{ inputs: 1 }", "prices.overrides.openai/gpt-5.4.inputs"],
    ["{ input: { base: 1, tiers: [{ over: 5, price: 1 }] } }", "prices.overrides.openai/gpt-5.4.input"],
    ["{ serviceTiers: { flex: { serviceTiers: {} } } }", "serviceTiers.flex.serviceTiers"],
    ["{ webSearchesPerThousand: -2 }", "USD per thousand"],
  ])("may not be %s", (card, words) => {
    expect(String(overrideOf(card))).toContain(words);
  });
});
