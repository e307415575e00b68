import { type Context, Hono } from "hono";
import { setCookie } from "hono/cookie";
import { answerBudgets } from "./budgets.ts";
import { answerCacheEntries, answerCacheEntry, clearCache, readCacheStats } from "./cache.ts";
import type { AdminContext, AdminControl } from "./context.ts";
import { eventStream } from "./events.ts";
import { answerEvidence, answerTallies, forgetEvidence, recordEvidence } from "./evidence.ts";
import { answerExplain, answerWhatIf } from "./explain.ts";
import { answerGpu, answerGpuHistory } from "./gpu.ts";
import { adminError, adminFailure, callerOf, guardOrigin, requireAdmin, sessionCookieName } from "./guard.ts";
import { answerHealthHistory, readHealth } from "./health.ts";
import { answerKeys, createKey, limitKey, readBody, revokeKey } from "./keys.ts";
import {
  answerCatalog,
  answerLocal,
  answerShape,
  benchLocal,
  createLocal,
  keepLocal,
  pullLocal,
  removeLocal,
} from "./local.ts";
import { renderMetrics } from "./metrics.ts";
import { pagePolicy, renderLocked, renderPage } from "./page.ts";
import { answerPrices } from "./prices.ts";
import { answerProject, answerProjects, forgetProject, tellProject } from "./projects.ts";
import { answerRecommend } from "./recommend.ts";
import { answerReport } from "./report.ts";
import { answerCosts, answerRequest, answerRequests, answerRows } from "./reports.ts";
import { answerDecision, answerRouteReport, explainRoute, simulateRoutes } from "./route.ts";
import { noQuery, parseWith, stopBody } from "./schema.ts";
import { readStatus } from "./status.ts";
import { pruneRows, repairSums } from "./upkeep.ts";

const PAGE_REQUESTS = 20;

const PAGE_HEADERS = {
  "content-security-policy": pagePolicy(),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
} as const;

async function answerPage(context: Context, admin: AdminContext): Promise<Response> {
  const link = context.req.query("token");
  if (link !== undefined) return openSession(context, admin, link);
  for (const [name, value] of Object.entries(PAGE_HEADERS)) context.header(name, value);
  if (callerOf(context, admin) === null) return context.html(renderLocked(), 401);
  await admin.ledger.flush();
  return context.html(renderPage(await readStatus(admin), admin.ledger.recentRequests(PAGE_REQUESTS)));
}

function openSession(context: Context, admin: AdminContext, link: string): Response | Promise<Response> {
  for (const [name, value] of Object.entries(PAGE_HEADERS)) context.header(name, value);
  const session = admin.sessions.redeem(link);
  if (session === null) return context.html(renderLocked(), 401);
  const isHttps = new URL(context.req.url).protocol === "https:";
  setCookie(context, sessionCookieName(isHttps), session, {
    path: "/",
    httpOnly: true,
    sameSite: "Strict",
    secure: isHttps,
  });
  return context.redirect("/", 303);
}

/** Runs `answer` with the daemon's control, or says that none runs. */
function withControl(
  context: Context,
  admin: AdminContext,
  answer: (control: AdminControl) => Response | Promise<Response>,
): Response | Promise<Response> {
  if (admin.control !== null) return answer(admin.control);
  return adminError(context, 503, "daemon_not_running", "no daemon runs on this state directory", "lodestar serve");
}

async function reload(context: Context, control: AdminControl): Promise<Response> {
  const outcome = await control.reload();
  if (outcome.ok) return context.json({ reloaded: true, message: outcome.value });
  return adminError(
    context,
    409,
    "config_rejected",
    outcome.error,
    "the old configuration stays in use until this is fixed",
  );
}

async function stop(context: Context, control: AdminControl): Promise<Response> {
  const body = await readBody(context);
  const wish = body.ok ? parseWith(stopBody, body.value) : body;
  if (!wish.ok) return adminError(context, 400, "bad_body", wish.error);
  control.stop(wish.value.reason);
  return context.json({ stopping: true }, 202);
}

function refuseQuery(context: Context): Response | null {
  const query = parseWith(noQuery, context.req.query());
  return query.ok ? null : adminError(context, 400, "bad_query", query.error);
}

/** The part of the route table that the ledger answers. */
function addLedgerRoutes(app: Hono, admin: AdminContext): void {
  app.get("/v1/costs", (context) => answerCosts(context, admin));
  app.get("/v1/costs/report", (context) => answerReport(context, admin));
  app.get("/v1/costs/what-if", (context) => answerWhatIf(context, admin));
  app.get("/v1/costs/rows", (context) => answerRows(context, admin));
  app.post("/v1/costs/prune", (context) => pruneRows(context, admin));
  app.post("/v1/costs/repair", (context) => repairSums(context, admin));
  app.get("/v1/requests", (context) => answerRequests(context, admin));
  app.get("/v1/requests/:id", (context) => answerRequest(context, admin, context.req.param("id")));
  app.get("/v1/requests/:id/explain", (context) => answerExplain(context, admin, context.req.param("id")));
}

/** The part of the route table that is about the response cache. */
function addCacheRoutes(app: Hono, admin: AdminContext): void {
  app.get("/v1/cache", (context) => refuseQuery(context) ?? context.json(readCacheStats(admin)));
  app.get("/v1/cache/entries", (context) => answerCacheEntries(context, admin));
  app.get("/v1/cache/entries/:digest", (context) => answerCacheEntry(context, admin, context.req.param("digest")));
  app.delete("/v1/cache", (context) => clearCache(context, admin));
}

/** The part of the route table that is about how good answers were. */
function addQualityRoutes(app: Hono, admin: AdminContext): void {
  app.get("/v1/recommend", (context) => answerRecommend(context, admin));
  app.get("/v1/evidence", (context) => answerTallies(context, admin));
  app.get("/v1/evidence/rows", (context) => answerEvidence(context, admin));
  app.post("/v1/evidence", (context) => recordEvidence(context, admin));
  app.delete("/v1/evidence", (context) => forgetEvidence(context, admin));
}

/** The part of the route table that is about the router. */
function addRouterRoutes(app: Hono, admin: AdminContext): void {
  app.post("/v1/route/explain", (context) => explainRoute(context, admin));
  app.post("/v1/route/simulate", (context) => simulateRoutes(context, admin));
  app.get("/v1/route/report", (context) => answerRouteReport(context, admin));
  app.get("/v1/route/decisions/:id", (context) => answerDecision(context, admin, context.req.param("id")));
}

/** The part of the route table that is about local engines; what changes one is never on the API port. */
function addLocalRoutes(app: Hono, admin: AdminContext): void {
  app.get("/v1/local", (context) => refuseQuery(context) ?? answerLocal(context, admin));
  app.get("/v1/local/catalog", (context) => answerCatalog(context, admin));
  app.get("/v1/local/shape", (context) => answerShape(context, admin));
  app.post("/v1/local/pull", (context) => pullLocal(context, admin));
  app.post("/v1/local/create", (context) => createLocal(context, admin));
  app.post("/v1/local/bench", (context) => benchLocal(context, admin));
  app.post("/v1/local/remove", (context) => removeLocal(context, admin));
  app.post("/v1/local/keep", (context) => keepLocal(context, admin));
  app.get("/v1/gpu", (context) => answerGpu(context, admin));
  app.get("/v1/gpu/history", (context) => answerGpuHistory(context, admin));
}

/** The route table of the admin port, on one screen. Every route but the page needs the admin credential. */
function addRoutes(app: Hono, admin: AdminContext): void {
  const plain = (answer: (context: Context) => unknown) => async (context: Context) =>
    refuseQuery(context) ?? context.json((await answer(context)) ?? null);
  app.get("/", (context) => answerPage(context, admin));
  app.use("/v1/*", requireAdmin(admin));
  app.use("/metrics", requireAdmin(admin));
  app.get(
    "/v1/status",
    plain(() => readStatus(admin)),
  );
  app.get(
    "/v1/health",
    plain(() => readHealth(admin)),
  );
  app.get("/v1/health/history", (context) => answerHealthHistory(context, admin));
  app.get(
    "/v1/config",
    plain(() => admin.config()),
  );
  app.get(
    "/v1/models",
    plain(async () => ({ models: await admin.models() })),
  );
  app.get("/v1/prices", (context) => answerPrices(context, admin));
  app.get(
    "/v1/prices/diff",
    plain(() => admin.priceReports.differences()),
  );
  addLedgerRoutes(app, admin);
  app.get("/v1/budgets", (context) => refuseQuery(context) ?? answerBudgets(context, admin));
  app.get(
    "/v1/webhooks",
    plain(() => ({ webhooks: admin.webhooks() })),
  );
  app.post(
    "/v1/webhooks/test",
    plain(async () => ({ webhooks: await admin.testWebhooks() })),
  );
  app.get("/v1/keys", (context) => answerKeys(context, admin));
  app.post("/v1/keys", (context) => createKey(context, admin));
  app.patch("/v1/keys/:id", (context) => limitKey(context, admin, context.req.param("id")));
  app.delete("/v1/keys/:id", (context) => revokeKey(context, admin, context.req.param("id")));
  app.get("/v1/projects", (context) => answerProjects(context, admin));
  app.get("/v1/projects/:name", (context) => answerProject(context, admin, context.req.param("name")));
  app.put("/v1/projects/:name", (context) => tellProject(context, admin, context.req.param("name")));
  app.delete("/v1/projects/:name", (context) => forgetProject(context, admin, context.req.param("name")));
  app.delete(
    "/v1/responses",
    plain(() => ({ deleted: admin.purgeResponses() })),
  );
  addLocalRoutes(app, admin);
  app.get("/v1/events", (context) =>
    withControl(context, admin, (control) =>
      context.body(eventStream(control), 200, { "content-type": "text/event-stream", "cache-control": "no-store" }),
    ),
  );
  app.post("/v1/reload", (context) => withControl(context, admin, (control) => reload(context, control)));
  app.post("/v1/stop", (context) => withControl(context, admin, (control) => stop(context, control)));
  app.get("/metrics", (context) =>
    context.text(renderMetrics(admin), 200, { "content-type": "text/plain; version=0.0.4" }),
  );
}

/**
 * The admin application: `/v1/*` for the command line and scripts, `/metrics` for Prometheus, `/` a status page for
 * people. Host and Origin are checked before routing; unknown fields are refused; nothing it answers holds a secret,
 * but for the one answer that tells a new key.
 */
export function createAdminApp(admin: AdminContext): Hono {
  const app = new Hono();
  app.use(guardOrigin(admin));
  addRoutes(app, admin);
  addCacheRoutes(app, admin);
  addQualityRoutes(app, admin);
  addRouterRoutes(app, admin);
  app.notFound((context) => {
    const message = `the admin port has no ${context.req.method} ${context.req.path}`;
    return adminError(context, 404, "route_not_found", message, "model calls go to the API port; see lodestar status");
  });
  app.onError(adminFailure);
  return app;
}
