import type { Context } from "hono";
import * as v from "valibot";
import type { AdminContext } from "./context.ts";
import { adminError } from "./guard.ts";
import { parseWith } from "./schema.ts";

/** How far back a history goes, in milliseconds. */
const SPANS = { "10m": 600_000, "1h": 3_600_000, "24h": 86_400_000, "7d": 604_800_000, "90d": 7_776_000_000 } as const;

const gpuQuery = v.strictObject({ watch: v.optional(v.picklist(["true", "false"]), "false") });
const historyQuery = v.strictObject({ span: v.optional(v.picklist(["10m", "1h", "24h", "7d", "90d"]), "1h") });

/** `GET /v1/gpu`: the cards now; `watch=true` makes readings come every second for a while. */
export async function answerGpu(context: Context, admin: AdminContext): Promise<Response> {
  const query = parseWith(gpuQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  if (query.value.watch === "true") admin.gpu.hurry();
  return context.json(await admin.gpu.read());
}

/** `GET /v1/gpu/history`: what the cards did lately. */
export function answerGpuHistory(context: Context, admin: AdminContext): Response {
  const query = parseWith(historyQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  return context.json(admin.gpu.history(admin.now() - SPANS[query.value.span]));
}
