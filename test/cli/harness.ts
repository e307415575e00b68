import { afterEach } from "bun:test";
import { COMMANDS } from "../../src/cli/_all.ts";
import type { Backend, BackendInputs, InProcessApp } from "../../src/cli/backend.ts";
import type { SignalName } from "../../src/cli/command.ts";
import { runCli } from "../../src/cli/runner.ts";
import { failure, success } from "../../src/core/result.ts";
import { createAdminApp } from "../../src/http/admin/admin.ts";
import { openToolResults } from "../../src/stores/tool-results.ts";
import { openTournaments } from "../../src/stores/tournaments.ts";
import { failureProblem } from "../../src/terminal/problem.ts";
import type { Source } from "../../src/terminal/terminal.ts";
import { type AdminWorld, makeAdminWorld, NOON, TOKEN, type WorldOptions } from "../http/admin-world.ts";

/** How a command line ended, and what it wrote. */
export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a test may choose about one run. */
export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string | Source;
  readonly backend?: Partial<Backend>;
  readonly isTTY?: boolean;
  /** Width of the terminal; 100 where it is not said. */
  readonly columns?: number;
  /** Gets what is written to stdout, as it is. */
  readonly onOut?: (text: string) => void;
  /** Gets what is written to stdout as bytes, in place of `out`. */
  readonly onBytes?: (bytes: Uint8Array) => void;
  /** Gets a function that delivers a signal, as soon as the run starts. */
  readonly onStart?: (send: (name: SignalName) => void) => void;
}

/** A composition root that can do nothing. */
export const NO_BACKEND: Backend = {
  ssh: {
    openTunnel: async () => failure(failureProblem("test", "no SSH in this test")),
    readDaemon: async () => failure(failureProblem("test", "no SSH in this test")),
    askKey: async () => failure(failureProblem("test", "no SSH in this test")),
  },
  startDaemon: async () => failure(failureProblem("test", "no daemon in this test")),
  openGateway: async () => failure(failureProblem("test", "no gateway in this test")),
  openReader: async () => failure(failureProblem("test", "no reader in this test")),
  openAdmin: async () => failure(failureProblem("test", "no admin in this test")),
  openRules: async () => failure(failureProblem("test", "no rules in this test")),
  locateDaemon: () => success({ stateDir: "/state", ready: null, adminToken: null }),
  openTournaments: () => failure(failureProblem("test", "no tournaments in this test")),
  openToolResults: () => failure(failureProblem("test", "no results of tools in this test")),
  detach: async () => failure(failureProblem("test", "no detaching in this test")),
  followLog: async function* () {
    yield* [];
  },
  signalDaemon: () => "gone",
  waitUntilGone: async () => true,
  raiseFetchCap: async () => "already-set",
  checkStores: async () => [],
  checkLedger: async () => failure(failureProblem("test", "no ledger in this test")),
  listCatalogue: () => [],
  knownProviders: () => [
    {
      id: "deepseek",
      name: "DeepSeek",
      keyEnv: ["DEEPSEEK_API_KEY"],
      keyUrl: "https://keys.example",
      cheapModel: "deepseek-v4-flash",
      isLocal: false,
    },
    { id: "ollama", name: "Ollama", keyEnv: [], isLocal: true },
  ],
  storeKey: () => success(null),
  updatePrices: async () => failure(failureProblem("test", "no prices in this test")),
  undoPrices: () => success(false),
};

/** Runs one command line in this process, with buffers for a terminal, at noon of a fixed day. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<CliRun> {
  const text = { out: "", err: "" };
  const listeners = new Set<(name: SignalName) => void>();
  options.onStart?.((name) => {
    for (const listener of [...listeners]) listener(name);
  });
  const { stdin = "", isTTY = false, columns = 100 } = options;
  const code = await runCli(argv, COMMANDS, {
    stdout: {
      isTTY,
      columns,
      write: (chunk) => {
        text.out += chunk;
        options.onOut?.(chunk);
      },
      ...(options.onBytes === undefined ? {} : { writeBytes: options.onBytes }),
    },
    stderr: {
      isTTY,
      write: (chunk) => {
        text.err += chunk;
      },
    },
    stdin: typeof stdin === "string" ? { readAll: async () => stdin } : stdin,
    environment: { NO_COLOR: "1", ...options.environment },
    version: "1.2.3",
    now: () => NOON,
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    backend: async () => ({ ...NO_BACKEND, ...options.backend }),
  });
  return { code, ...text };
}

/** A Lodestar for the command line: real stores and the real admin application, behind HTTP or in this process. */
export interface CliWorld extends AdminWorld {
  readonly backend: Partial<Backend>;
  readonly adminUrl: string;
  readonly inputs: BackendInputs[];
  run(argv: readonly string[], options?: RunOptions): Promise<CliRun>;
}

/** How the API port answers in a test. */
export type ApiHandler = (request: Request) => Response | Promise<Response>;

function inProcess(answer: ApiHandler): InProcessApp {
  return { answer: async (request) => answer(request), close: async () => undefined };
}

/** Builds a world; `isRunning` decides whether a daemon answers over HTTP or the state is opened in this process. */
export function makeCliWorld(options: WorldOptions & { readonly api?: ApiHandler } = {}): CliWorld {
  const { isRunning = true, api = () => new Response("no API in this test", { status: 500 }) } = options;
  const apiServer = isRunning ? Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: api }) : null;
  const apiUrl = `http://127.0.0.1:${apiServer?.port ?? 0}`;
  const world = makeAdminWorld({ ...options, apiUrl });
  const app = createAdminApp(world.admin);
  const adminServer = isRunning
    ? Bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 0, fetch: app.fetch })
    : null;
  const adminUrl = `http://127.0.0.1:${adminServer?.port ?? 0}`;
  const inputs: BackendInputs[] = [];
  const admin = inProcess((request) => {
    request.headers.set("authorization", `Bearer ${TOKEN}`);
    return app.fetch(request);
  });
  const note = <Value>(given: BackendInputs, value: Value): Value => {
    inputs.push(given);
    return value;
  };
  const ready = isRunning ? { apiUrl, adminUrl, pid: 4711, version: "1.2.3" } : null;
  const backend: Partial<Backend> = {
    locateDaemon: (given) => note(given, success({ stateDir: world.stateDir, ready, adminToken: TOKEN })),
    openReader: async (given) => note(given, success(admin)),
    openAdmin: async (given) => note(given, success(admin)),
    openGateway: async (given) => note(given, success(inProcess(api))),
    openToolResults: () => {
      const opened = openToolResults({ stateDir: world.stateDir });
      if (!opened.ok) throw new Error(opened.error.message);
      return opened;
    },
    openTournaments: () => {
      const opened = openTournaments({ stateDir: world.stateDir });
      if (!opened.ok) throw new Error(opened.error.message);
      return opened;
    },
  };
  return {
    ...world,
    backend,
    adminUrl,
    inputs,
    run: (argv, more = {}) => run(argv, { ...more, backend: { ...backend, ...more.backend } }),
    close: () => {
      apiServer?.stop(true);
      adminServer?.stop(true);
      world.close();
    },
  };
}

/** How the tests of one file make their worlds: each is closed after the test that made it. */
export function createCliWorlds(): typeof makeCliWorld {
  const worlds: CliWorld[] = [];
  afterEach(() => {
    for (const world of worlds.splice(0)) world.close();
  });
  return (options) => {
    const world = makeCliWorld(options);
    worlds.push(world);
    return world;
  };
}
