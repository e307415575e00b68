import { isCloudModel } from "./cloud-model.ts";

/** One model that a local engine has on disk. */
export interface InstalledModel {
  readonly name: string;
  readonly sizeBytes: number;
  /** The engine's own capability words (`completion`, `tools`, `vision`, `embedding`…); null where it gives none. */
  readonly capabilities: readonly string[] | null;
  /** The longest context that the model was made for, in tokens; null where the engine does not say. */
  readonly contextTokens: number | null;
  /** Its architecture, such as `qwen3`; null where the engine does not say. */
  readonly family: string | null;
}

/** Weights above this do not fit a 4 GB card beside their cache, and then run many times slower. */
const COMFORTABLE_BYTES = 3_400_000_000;

const EMBEDDING_NAME = /embed|bge-|minilm|nomic|e5-/i;
const CODER_NAME = /cod(er|e)|starcoder|devstral/i;

function canChat(model: InstalledModel): boolean {
  if (isCloudModel(model.name)) return false;
  return model.capabilities === null ? !EMBEDDING_NAME.test(model.name) : model.capabilities.includes("completion");
}

function score(model: InstalledModel): number {
  const fits = model.sizeBytes <= COMFORTABLE_BYTES;
  const sizePoints = fits ? model.sizeBytes / COMFORTABLE_BYTES : COMFORTABLE_BYTES / model.sizeBytes / 2;
  return sizePoints + (CODER_NAME.test(model.name) ? 0.5 : 0);
}

/**
 * The chat models of a local engine, best first: the largest that fits a 4 GB card comfortably, code models favoured.
 * `:cloud` models are left out because they are not free.
 */
export function rankLocalModels(models: readonly InstalledModel[]): readonly InstalledModel[] {
  return models.filter(canChat).sort((a, b) => score(b) - score(a) || a.name.localeCompare(b.name));
}
