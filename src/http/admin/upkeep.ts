import type { Context } from "hono";
import type { PruneView, RepairView } from "../../core/admin-view.ts";
import type { AdminContext } from "./context.ts";
import { adminError } from "./guard.ts";
import { readBody } from "./keys.ts";
import { parseWith, pruneBody, repairBody } from "./schema.ts";

/** How long one call goes on deleting; the caller calls again. */
const ROUND_MS = 500;
/** Between chunks, so that what waits is answered first. */
const PAUSE_MS = 5;

function pause(): Promise<void> {
  return new Promise((resume) => setTimeout(resume, PAUSE_MS));
}

/** Deletes chunk by chunk for a while; whether that was all. */
async function pruneForAWhile(admin: AdminContext, before: number): Promise<boolean> {
  const end = performance.now() + ROUND_MS;
  while (admin.ledger.prune(before) > 0) {
    if (performance.now() > end) return false;
    await pause();
  }
  return true;
}

/** `POST /v1/costs/prune`: deletes old rows for half a second, and says how many are left to delete. */
export async function pruneRows(context: Context, admin: AdminContext): Promise<Response> {
  const body = await readBody(context);
  const wish = body.ok ? parseWith(pruneBody, body.value) : body;
  if (!wish.ok) return adminError(context, 400, "bad_body", wish.error);
  const { before, dryRun } = wish.value;
  if (before > admin.now()) {
    const fix = "rows of today and of days to come cannot be pruned";
    return adminError(context, 400, "bad_body", "before: lies in the future", fix);
  }
  const found = admin.ledger.prunable(before);
  const isDone = dryRun || (await pruneForAWhile(admin, before));
  const left = dryRun ? found : admin.ledger.prunable(before);
  const view: PruneView = { before, deleted: found - left, left, isDone };
  return context.json(view);
}

/** `POST /v1/costs/repair`: mends the sums of the first day after `after`, if they are wrong. */
export async function repairSums(context: Context, admin: AdminContext): Promise<Response> {
  const body = await readBody(context);
  const wish = body.ok ? parseWith(repairBody, body.value) : body;
  if (!wish.ok) return adminError(context, 400, "bad_body", wish.error);
  const view: RepairView = { mended: admin.ledger.repairDay(wish.value.after) };
  return context.json(view);
}
