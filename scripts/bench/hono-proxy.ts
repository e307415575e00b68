import { Hono } from "hono";

/**
 * The bare pass-through that Lodestar is measured against: what Bun and Hono cost with no gateway in them. `upstream` is the
 * origin behind it. A client that leaves takes the upstream's call with it, as any honest proxy does.
 */
export function createPassThrough(upstream: string): Hono {
  const app = new Hono();
  app.get("/livez", (context) => context.text("ok"));
  app.post("/v1/*", async (context) => {
    const { raw, path } = context.req;
    const reply = await fetch(`${upstream}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "accept-encoding": "identity" },
      body: await raw.arrayBuffer(),
      signal: raw.signal,
    });
    return new Response(reply.body, {
      status: reply.status,
      headers: { "content-type": reply.headers.get("content-type") ?? "application/json" },
    });
  });
  return app;
}

if (import.meta.main) {
  const [port = "0", upstream = ""] = process.argv.slice(2);
  const app = createPassThrough(upstream);
  Bun.serve({ hostname: "127.0.0.1", port: Number(port), idleTimeout: 0, development: false, fetch: app.fetch });
}
