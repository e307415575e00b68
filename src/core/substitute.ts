/** A chat model that costs nothing, with what is known of it. */
export interface FreeModel {
  readonly provider: string;
  readonly model: string;
  readonly contextTokens: number | null;
  readonly canUseTools: boolean | null;
  readonly canReadImages: boolean | null;
}

/** What a request asks of whoever answers it. */
export interface Needs {
  readonly tools: boolean;
  readonly images: boolean;
  /** Context tokens: the input and a useful answer, as an estimate. */
  readonly tokens: number;
}

function can(ability: boolean | null, isNeeded: boolean): boolean {
  return !isNeeded || ability !== false;
}

function doubts({ canUseTools, canReadImages, contextTokens }: FreeModel, needs: Needs): number {
  const unknown = [needs.tools && canUseTools === null, needs.images && canReadImages === null, contextTokens === null];
  return unknown.filter((isUnknown) => isUnknown).length;
}

/** Those that can answer in another's place, in their order, but first those of which all that matters is known. */
export function substitutesFor(models: readonly FreeModel[], needs: Needs): readonly FreeModel[] {
  const able = models.filter(
    ({ contextTokens, canUseTools, canReadImages }) =>
      can(canUseTools, needs.tools) &&
      can(canReadImages, needs.images) &&
      (contextTokens ?? needs.tokens) >= needs.tokens,
  );
  return able.toSorted((left, right) => doubts(left, needs) - doubts(right, needs));
}
