import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { findProvider } from "@pydantic/genai-prices";
import { BUNDLED_TABLES } from "../../../src/host/prices/tables.ts";

const ROOT = resolve(import.meta.dir, "../../..");
const DATA = join(resolve(ROOT, process.env.LODESTAR_TEST_DATA ?? "../shared"), "data/prices");

/** The recorded files of both sources. */
export const RECORDED = {
  "genai-prices": join(DATA, "genai-prices.data.json"),
  "models.dev": join(DATA, "models-dev.json"),
} as const;

/** Whether the recorded files are there. */
export const hasRecorded = existsSync(RECORDED["genai-prices"]) && existsSync(RECORDED["models.dev"]);

/** A recorded file as JSON. */
export function readRecorded(name: keyof typeof RECORDED): unknown {
  return JSON.parse(readFileSync(RECORDED[name], "utf8"));
}

/** A provider as the pinned package publishes it; tests change what they need. */
export interface Published {
  id: string;
  models: { id: string; match: unknown; prices: unknown; context_window?: number }[];
}

/** The data of the pinned package, as genai-prices publishes it: what the bundled table is made from. */
export function publishedPrices(): Published[] {
  const ids = Object.keys(BUNDLED_TABLES.data().providers);
  const found = ids.flatMap((id) => {
    const provider = findProvider({ providerId: id });
    return provider?.id === id ? [provider] : [];
  });
  return JSON.parse(JSON.stringify(found)) as Published[];
}
