import priors from "../../config/router/priors.json";
import type { EvidenceStore } from "../core/evidence-store.ts";
import { createQualityBook, type QualityBook } from "../core/routing/quality-book.ts";
import type { PublishedFigure } from "../core/routing/quality-prior.ts";
import { parametersOfName } from "../core/routing/quality-size.ts";
import type { LocalModels } from "../gateway/local-models.ts";
import type { EvidenceDesk } from "../http/admin/context.ts";

/** Opens the evidence; null where its file cannot be used, or where nothing was ever written and nothing may be. */
export type OpenEvidence = () => EvidenceStore | null;

/** Own evidence of answers and what is believed by it. The file is opened when it is first needed. */
export interface EvidenceSide {
  readonly book: QualityBook;
  readonly store: OpenEvidence;
  /** Published figures of models, with source and date. */
  readonly figures: readonly PublishedFigure[];
  /** As of the store, where it was opened: what nobody asks for need not be pruned. */
  prune(before: number): number;
  close(): void;
}

/** Puts the evidence together. */
export function createEvidenceSide(open: OpenEvidence): EvidenceSide {
  let opened: { readonly store: EvidenceStore | null } | null = null;
  const store = (): EvidenceStore | null => {
    opened ??= { store: open() };
    return opened.store;
  };
  const figures: readonly PublishedFigure[] = priors.figures;
  return {
    store,
    figures,
    book: createQualityBook({
      figures: () => figures,
      evidenceOf: (provider, model, taskClass) => store()?.ofModel(provider, model, taskClass) ?? [],
      save: (evidence) => store()?.save(evidence) ?? false,
    }),
    prune: (before) => opened?.store?.prune(before) ?? 0,
    close: () => opened?.store?.close(),
  };
}

/** Billions of parameters, by what the engine or else the name tells; null where neither does. */
export function parametersOf(local: Pick<LocalModels, "stateOf">, provider: string, model: string): number | null {
  const installed = local.stateOf(provider)?.installed.find(({ name }) => name === model);
  return parametersOfName(installed?.parameterSize ?? "") ?? parametersOfName(model);
}

/** What the admin surface sees of it. */
export function evidenceDesk(
  { store, book, figures }: EvidenceSide,
  local: Pick<LocalModels, "stateOf">,
): EvidenceDesk {
  return {
    store,
    book,
    figures,
    parametersOf: (provider, model) => parametersOf(local, provider, model),
  };
}
