import type { CatalogRowView } from "../../core/local-view.ts";
import { fileBytesOf, shapeOfBlueprint } from "../../core/memory-plan/blueprint.ts";
import { largestContext } from "../../core/memory-plan/memory-plan.ts";
import { cacheBytesPerToken } from "../../core/memory-plan/size.ts";
import type { ModelShape } from "../../core/model-shape.ts";
import { CATALOGUE, type CatalogueModel, type LocalTask } from "./catalogue.ts";

/** The contexts that are tried, rising: the rungs of the gateway's own ladder. */
export const PLAN_CONTEXTS: readonly number[] = [4_096, 8_192, 16_384, 32_768, 65_536, 131_072];

/** Which rows are wanted. */
export interface CatalogFilter {
  /** The memory of the card in question; null for none. */
  readonly vramBytes: number | null;
  /** Only rows that are wholly on that card, at some context. */
  readonly isFitting: boolean;
  readonly task: LocalTask | null;
}

/** What the rest of the program knows of a model by its name. */
export interface NameFacts {
  isInstalled(name: string): boolean;
  /** A prompt for filling in the middle, or null. */
  infillOf(name: string): string | null;
}

function rowOf(model: CatalogueModel, filter: CatalogFilter, facts: NameFacts): CatalogRowView {
  const { name, family, parameters, licence, template, tasks, strengths, blueprint } = model;
  const shape = shapeOfBlueprint(blueprint);
  const fits = filter.vramBytes === null ? null : largestContext({ name, shape }, filter.vramBytes, PLAN_CONTEXTS);
  return {
    ...{ name, family, parameters, licence, template, tasks, strengths },
    quantization: blueprint.quantization,
    downloadBytes: fileBytesOf(shape),
    contextTokens: blueprint.contextTokens,
    kv: { heads: blueprint.kvHeads, length: blueprint.headLength, bytesPerToken: cacheBytesPerToken(shape, "f16") },
    infill: facts.infillOf(name),
    fitsAtContext: fits,
    isInstalled: facts.isInstalled(name),
  };
}

/** The rows of the catalogue that are wanted. */
export function catalogRows(filter: CatalogFilter, facts: NameFacts): readonly CatalogRowView[] {
  return CATALOGUE.filter(({ tasks }) => filter.task === null || tasks.includes(filter.task))
    .map((model) => rowOf(model, filter, facts))
    .filter(({ fitsAtContext }) => !filter.isFitting || fitsAtContext !== null);
}

/** The shape of a model of the catalogue; null for a name that it does not have. */
export function catalogShape(name: string): ModelShape | null {
  const model = CATALOGUE.find((row) => row.name === name);
  return model === undefined ? null : shapeOfBlueprint(model.blueprint);
}

/** The names of the catalogue, for suggestions. */
export const CATALOGUE_NAMES: readonly string[] = CATALOGUE.map(({ name }) => name);
