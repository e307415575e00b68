import { isLoopbackUrl } from "../config/resolve-providers.ts";
import { largestContext } from "../core/memory-plan/memory-plan.ts";
import type { ModelShape } from "../core/model-shape.ts";
import { blobInModelfile } from "../features/local-catalog/blob.ts";
import { readModelFile } from "../features/local-catalog/gguf-file.ts";
import type { LocalModels } from "../gateway/local-models.ts";
import type { GpuWatch } from "../host/gpu/watch.ts";

/** Less is of no use to a coding tool: a model that does not fit with it spills at any context. */
const LEAST_CONTEXT = 4_096;

/** The context to load a model with where it is free to choose, so that the model stays wholly on the card. */
export interface CardFit {
  /** `wanted`, or less where only less fits; `wanted` as well where the card or the model's shape is not known. */
  contextFor(provider: string, baseUrl: string, model: string, wanted: number): number;
  /** Reads the headers of the installed models that were not read yet. */
  readShapes(): Promise<void>;
}

/** What a card can hold for models: all of it but what other programs have. Null without one card that tells. */
function roomOf(gpu: Pick<GpuWatch, "latest">): number | null {
  const [card, ...more] = gpu.latest()?.gpus ?? [];
  const { totalBytes = null, foreignBytes = null } = card?.memory ?? {};
  return more.length > 0 || totalBytes === null || foreignBytes === null ? null : totalBytes - foreignBytes;
}

/** The file of a model as its server names it; of use only where the server is on this machine. */
export function blobOf(local: Pick<LocalModels, "cardOf">, provider: string, model: string): string | null {
  const modelfile = local.cardOf(provider, model)?.body.modelfile;
  return typeof modelfile === "string" ? blobInModelfile(modelfile) : null;
}

/** A rung of the ladder below `wanted` that keeps the model whole, the highest one; `wanted` where none does. */
export function fittingContext(name: string, shape: ModelShape, roomBytes: number, wanted: number): number {
  const rungs = [LEAST_CONTEXT, 2 * LEAST_CONTEXT, 4 * LEAST_CONTEXT, 8 * LEAST_CONTEXT, 16 * LEAST_CONTEXT];
  const tried = [...rungs.filter((rung) => rung < wanted), wanted];
  return largestContext({ name, shape }, roomBytes, tried) ?? wanted;
}

/** Looks at the servers of this machine that share its one card. */
export function createCardFit(
  local: LocalModels,
  gpu: Pick<GpuWatch, "latest">,
  servers: () => ReadonlyMap<string, string>,
): CardFit {
  /** By file, which is named by its content; null for one that cannot be read. */
  const shapes = new Map<string, ModelShape | null>();

  async function readShape(blob: string): Promise<void> {
    shapes.set(blob, null);
    const read = await readModelFile(blob, blob).catch(() => null);
    if (read?.ok === true) shapes.set(blob, read.value.shape);
  }

  return {
    contextFor(provider, baseUrl, model, wanted) {
      const room = isLoopbackUrl(baseUrl) ? roomOf(gpu) : null;
      const blob = room === null ? null : blobOf(local, provider, model);
      const shape = blob === null ? null : (shapes.get(blob) ?? null);
      return room === null || shape === null ? wanted : fittingContext(model, shape, room, wanted);
    },
    async readShapes() {
      if (roomOf(gpu) === null) return;
      const own = [...servers()].filter(([, url]) => isLoopbackUrl(url));
      const blobs = own.flatMap(([id]) =>
        (local.stateOf(id)?.installed ?? []).map(({ name }) => blobOf(local, id, name)),
      );
      for (const blob of new Set(blobs)) if (blob !== null && !shapes.has(blob)) await readShape(blob);
    },
  };
}
