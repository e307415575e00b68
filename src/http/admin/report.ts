import type { Context } from "hono";
import { dayIn } from "../../core/day.ts";
import { buildReport, daySpan, monthSpan, type ReportSpan, stepsOf } from "../../core/report.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { AdminContext } from "./context.ts";
import { adminError } from "./guard.ts";
import { ledgerFilter, parseWith, reportQuery } from "./schema.ts";

interface Wish {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly month?: string | undefined;
}

/** The days that a report was asked for: a month, `from` a day `to` another or today, or the month that runs. */
function spanOf({ from, to, month }: Wish, timeZone: string, now: number): Result<ReportSpan, string> {
  const today = dayIn(timeZone, now);
  if (month !== undefined && (from ?? to) !== undefined) return failure("month and from/to exclude each other");
  if (from === undefined && to !== undefined) return failure("to needs from: say on which day the report begins");
  if (from === undefined) {
    const named = month ?? today.slice(0, 7);
    const span = monthSpan(named, timeZone);
    return span.ok ? span : failure(`"${named}" ${span.error}`);
  }
  const last = to ?? (today < from ? from : today);
  return last < from ? failure(`from ${from} is after to ${last}`) : success(daySpan(from, last, timeZone));
}

function otherTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** `GET /v1/costs/report`: one report, day by day, so that no other request waits long. */
export async function answerReport(context: Context, admin: AdminContext): Promise<Response> {
  const query = parseWith(reportQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  const { from, to, month, by, ...asked } = query.value;
  const { timeZone, baselineModel } = admin.settings();
  const madeAt = admin.now();
  const span = spanOf({ from, to, month }, timeZone, madeAt);
  if (!span.ok) return adminError(context, 400, "bad_span", span.error, "lodestar costs report --month 2026-10");
  await admin.ledger.flush();
  const filter = ledgerFilter(asked, { from: null, to: null });
  const { step, steps } = stepsOf(span.value, madeAt);
  const days = [];
  for (const one of steps) {
    days.push({ name: one.name, models: admin.ledger.groups({ ...filter, from: one.from, to: one.to }, "model") });
    await otherTurn();
  }
  const whole = { ...filter, from: span.value.from, to: span.value.to };
  const report = buildReport({
    span: span.value,
    madeAt,
    version: admin.daemon().version,
    filter: Object.fromEntries(
      Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    baselineModel,
    step,
    days,
    projects: admin.ledger.groups(whole, "project"),
    more: by === undefined ? null : { by, groups: admin.ledger.groups(whole, by, timeZone) },
  });
  return context.json(report);
}
