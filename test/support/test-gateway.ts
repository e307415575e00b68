import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiContext } from "../../src/compose/api.ts";
import { loadFor, type Opening, openState } from "../../src/compose/opening.ts";
import type { LodestarEvent } from "../../src/core/event.ts";
import type { LedgerRow } from "../../src/core/ledger.ts";
import { createApiHandler } from "../../src/http/app.ts";

/** The whole gateway in this process over a temporary state directory; only the sockets of its own ports are left out. */
export interface TestGateway {
  readonly opening: Opening;
  readonly events: readonly LodestarEvent[];
  /** Sends a request as a client on loopback would. */
  fetch(path: string, init?: RequestInit & { readonly json?: unknown }): Promise<Response>;
  /** Answers a request as it is, for a server in front of the gateway. */
  forward(request: Request): Promise<Response>;
  /** The ledger, oldest first, after everything queued was committed. */
  rows(): Promise<readonly LedgerRow[]>;
  close(): Promise<void>;
}

/** Opens a gateway with the given configuration file text and environment. Nothing of the real environment is seen. */
export async function openTestGateway(
  config: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<TestGateway> {
  const directory = mkdtempSync(join(tmpdir(), "lodestar-gateway-"));
  const file = join(directory, "config.yaml");
  await Bun.write(file, config);
  const inputs = {
    flags: { stateDir: join(directory, "state"), config: file },
    environment: { HOME: directory, OLLAMA_HOST: "127.0.0.1:9", ...environment },
    version: "0.0.0-test",
  };
  const loaded = loadFor(inputs);
  if (!loaded.ok) throw new Error(loaded.error.message);
  const opened = openState(inputs, loaded.value, { isEchoOn: false });
  if (!opened.ok) throw new Error(opened.error.message);
  const opening = opened.value;
  const events: LodestarEvent[] = [];
  opening.runtime.bus.subscribe((event) => events.push(event));
  await opening.runtime.local.refresh();
  const handle = createApiHandler(apiContext(opening, () => true));
  return {
    opening,
    events,
    async fetch(path, init = {}) {
      const { json, ...rest } = init;
      const body = json === undefined ? rest.body : JSON.stringify(json);
      const method = rest.method ?? (body === undefined || body === null ? "GET" : "POST");
      const headers = new Headers(rest.headers);
      if (!headers.has("host")) headers.set("host", "127.0.0.1:4000");
      if (typeof body === "string") headers.set("content-length", String(Buffer.byteLength(body)));
      const request = new Request(`http://127.0.0.1:4000${path}`, {
        ...rest,
        method,
        headers,
        ...(body === undefined ? {} : { body }),
      });
      return handle(request, { address: "127.0.0.1" });
    },
    forward: (request) => handle(request, { address: "127.0.0.1" }),
    async rows() {
      await opening.stores.ledger.flush();
      return [...opening.stores.ledger.query({})].reverse();
    },
    async close() {
      await opening.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
