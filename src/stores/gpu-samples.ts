import { join } from "node:path";
import type { Result } from "../core/result.ts";
import type { StoreFault } from "./ports.ts";
import { type DatabasePlan, openReader, openWriter } from "./sqlite/database.ts";
import {
  createGpuSampleReader,
  createGpuSampleStore,
  type GpuSampleReader,
  type GpuSampleStore,
} from "./sqlite/gpu-samples.ts";
import initial from "./sqlite/migrations/gpu/0001-initial.sql" with { type: "text" };
import quarters from "./sqlite/migrations/gpu/0002-quarters.sql" with { type: "text" };

/**
 * A file of its own, without a sync at each commit: a write every ten seconds that nobody would miss has no place among
 * rows of money, which are synced one by one.
 */
function planFor(stateDir: string): DatabasePlan {
  const migrations = [
    { name: "0001-initial", sql: initial },
    { name: "0002-quarters", sql: quarters },
  ];
  return { path: join(stateDir, "gpu.db"), migrations, durability: "fast" };
}

/** Opens `gpu.db` (0600) of a state directory that exists. */
export function openGpuSamples(options: { readonly stateDir: string }): Result<GpuSampleStore, StoreFault> {
  return openWriter(planFor(options.stateDir), createGpuSampleStore);
}

/** Opens `gpu.db` for reading; `store_missing` where no card was ever watched. */
export function openGpuSampleReader(options: { readonly stateDir: string }): Result<GpuSampleReader, StoreFault> {
  return openReader(planFor(options.stateDir), createGpuSampleReader);
}
