import type { Rate, RateCard } from "../../core/price.ts";
import type { RateDifference } from "../../core/price-view.ts";
import type { CatalogueModel } from "../../host/prices/catalogue.ts";
import type { DatedCard, PricedProvider } from "../../host/prices/data.ts";
import { cardIndexAt } from "../../host/prices/match.ts";

/** The rates of one model. */
export interface NamedCard {
  readonly provider: string;
  readonly model: string;
  readonly rates: RateCard;
}

/** Cards by `provider/model` in lower case. */
export type CardTable = ReadonlyMap<string, NamedCard>;

function isRate(value: RateCard[keyof RateCard]): value is Rate {
  return typeof value === "number" || (typeof value === "object" && "base" in value);
}

/** A rate as text: `2.5`, or `2.5, above 272000: 5`. */
function rateText(rate: Rate): string {
  if (typeof rate === "number") return String(rate);
  return [String(rate.base), ...rate.tiers.map(({ above, price }) => `above ${above}: ${price}`)].join(", ");
}

function ratesIn(card: RateCard): ReadonlyMap<keyof RateCard, string> {
  const entries = Object.entries(card) as readonly (readonly [keyof RateCard, RateCard[keyof RateCard]])[];
  return new Map(entries.flatMap(([name, rate]) => (isRate(rate) ? [[name, rateText(rate)] as const] : [])));
}

/** The rates that two cards of a model state differently; with `isBothOnly`, only those that both state. */
export function compareCards(before: NamedCard, after: RateCard, isBothOnly = false): readonly RateDifference[] {
  const [left, right] = [ratesIn(before.rates), ratesIn(after)];
  const { provider, model } = before;
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((rate) => {
    const [one, other] = [left.get(rate) ?? null, right.get(rate) ?? null];
    const isMissing = one === null || other === null;
    return one === other || (isBothOnly && isMissing) ? [] : [{ provider, model, rate, before: one, after: other }];
  });
}

/** The card of a moment (Unix ms) of every model of a table, by its own id. */
export function cardsAt(providers: Readonly<Record<string, PricedProvider>>, at: number): CardTable {
  const cardOf = (cards: readonly DatedCard[]): RateCard => cards[cardIndexAt(cards, at)]?.rates ?? {};
  return new Map(
    Object.entries(providers).flatMap(([provider, { models }]) =>
      models.map(
        ({ id, cards }) => [`${provider}/${id.toLowerCase()}`, { provider, model: id, rates: cardOf(cards) }] as const,
      ),
    ),
  );
}

/** The priced models of a catalogue. */
export function cataloguedCards(providers: Iterable<readonly [string, Iterable<CatalogueModel>]>): CardTable {
  const cards = [...providers].flatMap(([provider, models]) =>
    [...models].flatMap(({ id, rates }) =>
      rates === undefined ? [] : [[`${provider}/${id.toLowerCase()}`, { provider, model: id, rates }] as const],
    ),
  );
  return new Map(cards);
}

/** What differs between two tables: models that one alone has, and rates of those that both have. */
export function compareTables(before: CardTable, after: CardTable, isBothOnly = false) {
  const shared = [...before].flatMap(([name, card]) => {
    const other = after.get(name);
    return other === undefined ? [] : [{ card, other: other.rates }];
  });
  return {
    compared: shared.length,
    onlyBefore: before.size - shared.length,
    onlyAfter: after.size - shared.length,
    differences: shared.flatMap(({ card, other }) => compareCards(card, other, isBothOnly)),
  };
}
