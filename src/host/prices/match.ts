import type { DatedCard, MatchRule, PriceData, PricedModel, PricedProvider } from "./data.ts";

/** Whether the rule claims the name; case does not matter, except that an expression sees lower case. */
export function isClaimedBy(rule: MatchRule, name: string): boolean {
  const lower = name.toLowerCase();
  if ("or" in rule) return rule.or.some((inner) => isClaimedBy(inner, lower));
  if ("and" in rule) return rule.and.every((inner) => isClaimedBy(inner, lower));
  if ("equals" in rule) return lower === rule.equals.toLowerCase();
  if ("starts_with" in rule) return lower.startsWith(rule.starts_with.toLowerCase());
  if ("ends_with" in rule) return lower.endsWith(rule.ends_with.toLowerCase());
  if ("contains" in rule) return lower.includes(rule.contains.toLowerCase());
  return new RegExp(rule.regex).test(lower);
}

function ownModel(provider: PricedProvider, name: string): PricedModel | undefined {
  return provider.models.find((model) => isClaimedBy(model.match ?? { equals: model.id }, name));
}

const COMPACT_DATE = /-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g;

/** The model of `providers[id]` whose rule claims the name; then of its fallback providers; then with `-20250807` as `-2025-08-07`. */
export function findModel(data: PriceData, id: string, name: string): PricedModel | undefined {
  const provider = data.providers[id];
  if (provider === undefined) return undefined;
  const places = [provider, ...(provider.fallbacks ?? []).map((other) => data.providers[other])];
  for (const spelling of new Set([name.trim(), name.trim().replace(COMPACT_DATE, "-$1-$2-$3")])) {
    for (const place of places) {
      const model = place === undefined ? undefined : ownModel(place, spelling);
      if (model !== undefined) return model;
    }
  }
  return undefined;
}

function isCurrent(card: DatedCard, at: number): boolean {
  if (card.from !== undefined) return at >= Date.parse(card.from);
  if (card.window === undefined) return true;
  const [start, end] = card.window;
  const secondOfDay = (at % 86_400_000) / 1000;
  if (end < start) return secondOfDay >= start || secondOfDay < end;
  return secondOfDay >= start && secondOfDay < end;
}

/** Index of the card that holds at a moment (Unix ms). Source of the order: genai-prices, `getActiveModelPrice`. */
export function cardIndexAt(cards: readonly DatedCard[], at: number): number {
  return Math.max(
    0,
    cards.findLastIndex((card) => isCurrent(card, at)),
  );
}

function clockTime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** The card's condition for people, e.g. `from 2026-03-13` or `00:30-16:30 UTC`; undefined when it has none. */
export function conditionOf(card: DatedCard): string | undefined {
  if (card.from !== undefined) return `from ${card.from}`;
  return card.window === undefined ? undefined : `${clockTime(card.window[0])}-${clockTime(card.window[1])} UTC`;
}
