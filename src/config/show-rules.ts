import type {
  BudgetMark,
  Rule,
  RuleActions,
  RuleConditions,
  RuleShare,
  TimeWindow,
} from "../core/routing/rules/rule.ts";
import { WEEK_DAYS } from "../core/routing/rules/rule.ts";
import { clockText } from "../core/routing/rules/time-window.ts";
import { shownLimit } from "./show-project.ts";
import { formatDuration } from "./units.ts";

type Shown = Readonly<Record<string, unknown>>;

/** One value stands by itself, as people write it. */
function few<Value>(values: readonly Value[]): Value | Value[] {
  const [only] = values;
  return only !== undefined && values.length === 1 ? only : [...values];
}

function shownWindow({ days, fromMinute, toMinute, zone }: TimeWindow): string {
  const isWholeDay = fromMinute === 0 && toMinute === 0;
  const hours = isWholeDay && days.length > 0 ? [] : [`${clockText(fromMinute)}-${clockText(toMinute)}`];
  const names = days.map((day) => WEEK_DAYS[day]).join(",");
  return [...(names === "" ? [] : [names]), ...hours, ...(zone === null ? [] : [zone])].join(" ");
}

function shownMark(mark: BudgetMark | null): string | number | undefined {
  if (mark === null) return undefined;
  return mark.unit === "nano-usd" ? shownLimit(mark.amount) : `${Math.round(mark.amount * 10_000) / 100}%`;
}

function shownConditions(when: RuleConditions): Shown {
  const { header, tokens, tools, time, budgetLeft, health, images, plan, ...lists } = when;
  const eachFew = (record: Readonly<Record<string, readonly string[]>> | undefined): Shown | undefined =>
    record && Object.fromEntries(Object.entries(record).map(([name, values]) => [name, few(values)]));
  return {
    ...Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, few<string>(values)])),
    header: eachFew(header),
    plan,
    tokens: tokens && { atLeast: tokens.atLeast ?? undefined, below: tokens.below ?? undefined },
    tools: typeof tools === "object" ? few(tools) : tools,
    images,
    time: time && few(time.map(shownWindow)),
    budgetLeft: budgetLeft && { atLeast: shownMark(budgetLeft.atLeast), below: shownMark(budgetLeft.below) },
    health: eachFew(health),
  };
}

function shownPlace({ via, names }: Pick<RuleShare, "via" | "names">): Shown {
  return { [via]: few(names) };
}

function shownDestination({ to }: RuleActions): Shown {
  switch (to.kind) {
    case "names":
      return shownPlace(to);
    case "split":
      return { split: to.shares.map((share) => ({ percent: share.percent, ...shownPlace(share) })) };
    case "deny":
      return { deny: to.message };
    case "policy":
      return {};
  }
}

function shownActions(actions: RuleActions): Shown {
  const { floor, ceilingNanoUsd, cache, clamps, isStickyOff } = actions;
  return {
    ...shownDestination(actions),
    floor: floor ?? undefined,
    ceilingUsd: ceilingNanoUsd === null ? undefined : shownLimit(ceilingNanoUsd),
    cache: cache === null ? undefined : (cache.switch ?? formatDuration(cache.maxAgeMs ?? 0)),
    maxOutputTokens: clamps?.maxOutputTokens ?? undefined,
    maxTemperature: clamps?.maxTemperature ?? undefined,
    maxEffort: clamps?.maxEffort ?? undefined,
    sticky: isStickyOff ? false : undefined,
  };
}

/** A rule in the words of the configuration file. */
export function shownRule({ name, priority, tags, requested, when, actions }: Rule): Shown {
  return {
    name,
    priority: priority === 0 ? undefined : priority,
    tags: tags.length === 0 ? undefined : [...tags],
    requested: requested.length === 0 ? undefined : few(requested),
    when: Object.keys(when).length === 0 ? undefined : shownConditions(when),
    do: shownActions(actions),
  };
}
