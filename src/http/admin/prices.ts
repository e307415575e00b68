import type { Context } from "hono";
import type { AdminContext } from "./context.ts";
import { adminError } from "./guard.ts";
import { parseWith, pricesQuery } from "./schema.ts";

/** `GET /v1/prices`: the tables in use, or with `model` everything that is known of its price. */
export function answerPrices(context: Context, admin: AdminContext): Response {
  const query = parseWith(pricesQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  const { model } = query.value;
  if (model === undefined) return context.json(admin.priceReports.tables());
  return context.json(admin.priceReports.show(model));
}
