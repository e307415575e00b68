import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiContext } from "../../../src/compose/api.ts";
import { createRuntime, type Runtime } from "../../../src/compose/runtime.ts";
import { type Loaded, loadSettings } from "../../../src/config/load.ts";
import { createRedactor } from "../../../src/core/redact.ts";
import { failure } from "../../../src/core/result.ts";
import type { Clock } from "../../../src/host/clock.ts";
import type { LogFile } from "../../../src/host/log/file.ts";
import type { SendUpstream } from "../../../src/host/upstream/upstream.ts";
import { createApiHandler } from "../../../src/http/app.ts";
import type { Ledger } from "../../../src/stores/ports.ts";

/** The whole gateway over a ledger, a clock and upstreams of a test's choosing: no socket, no file, no real time. */
export interface Lab {
  readonly runtime: Runtime;
  readonly ledger: Ledger;
  /** Lines of level `error`, which only bugs write. */
  readonly broken: readonly string[];
  fetch(request: Request): Promise<Response>;
  close(): void;
}

/** What a lab is built on. */
export interface LabParts {
  readonly loaded: Loaded;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly send: SendUpstream;
}

/** Reads a configuration once; many labs can be built on it. Every key is `env:KEY`. */
export function loadLabConfig(config: string): Loaded {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-lab-"));
  const file = join(folder, "config.yaml");
  writeFileSync(file, config);
  const environment = { HOME: folder, KEY: "lab-key-0123456789", OLLAMA_HOST: "127.0.0.1:9" };
  const loaded = loadSettings({ flags: { config: file, stateDir: join(folder, "state") }, environment });
  rmSync(folder, { recursive: true, force: true });
  if (!loaded.ok) throw new Error(loaded.error.map((problem) => problem.message).join("\n"));
  return loaded.value;
}

function createLog(broken: string[]): LogFile {
  return {
    write(level, message, fields) {
      if (level === "error") broken.push(`${message} ${JSON.stringify(fields)}`);
    },
    setLevel: () => undefined,
    flush: () => Promise.resolve(),
    flushNow: () => undefined,
    close: () => Promise.resolve(),
    health: () => ({ lost: 0, lastError: null }),
  };
}

const NO_KEYS = {
  findByDigest: () => null,
  list: () => [],
  hasAny: () => false,
  close: () => undefined,
  create: () => undefined,
  revoke: () => false,
  touch: () => undefined,
  limit: () => false,
  revision: () => 0,
};

const NO_KEYRING = {
  isRequired: () => false,
  find: () => null,
  mint: () => {
    throw new Error("a lab has no keys");
  },
};

/** Opens a lab. */
export function openLab({ loaded, ledger, clock, send }: LabParts): Lab {
  const broken: string[] = [];
  const log = createLog(broken);
  const redactor = createRedactor();
  const stores = { ledger, keys: NO_KEYS, close: () => undefined };
  const egress = {
    fetchGuarded: () => Promise.resolve(failure({ code: "url_forbidden" as const, message: "a lab fetches nothing" })),
  };
  const post = () => Promise.resolve(failure({ code: "url_forbidden" as const, message: "a lab tells nobody" }));
  const runtime = createRuntime({
    loaded,
    stores,
    projects: null,
    history: null,
    openCache: () => null,
    openEvidence: () => null,
    openRoutes: () => null,
    figures: null,
    clock,
    log,
    redactor,
    send,
    egress,
    post,
    tunnels: null,
    version: "0.0.0-lab",
  });
  runtime.local.stop();
  const context = apiContext(
    {
      runtime,
      stores,
      responses: null,
      keyring: NO_KEYRING,
      stateDir: "",
      log,
      redactor,
      clock,
      recovered: 0,
      close: () => Promise.resolve(),
    },
    () => true,
  );
  let minted = 0;
  const handle = createApiHandler({
    ...context,
    mintRequestId() {
      minted += 1;
      return `req_lab${minted}`;
    },
  });
  return {
    runtime,
    ledger,
    broken,
    fetch: (request) => handle(request, { address: "127.0.0.1" }),
    close: runtime.close,
  };
}
