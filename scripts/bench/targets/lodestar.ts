import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../step.ts";
import { type Child, freePort, isServing, startChild } from "./child.ts";
import type { Target } from "./target.ts";

/** The compiled product. */
export const BINARY = `${ROOT}dist/lodestar`;

/** A running Lodestar with a fresh state, and where that lies. */
export interface LodestarTarget extends Target {
  readonly pid: number;
  readonly ledgerPath: string;
  /** Removes the state; after `stop`. */
  discard(): void;
}

/** A Lodestar that has just been started and may not serve yet. */
export interface StartedLodestar {
  readonly child: Child;
  readonly port: number;
  readonly stateDir: string;
}

const READY_MS = 10_000;

/** Starts the product as a user would with one key in the environment, with a state of its own: ledger and log are on. */
export function spawnLodestar(upstreamPort: number): StartedLodestar {
  const home = mkdtempSync(join(tmpdir(), "lodestar-bench-"));
  const stateDir = join(home, "state");
  const port = freePort();
  const flags = [`--port=${port}`, `--admin-port=${freePort()}`, `--state-dir=${stateDir}`];
  const child = startChild({
    command: [BINARY, "serve", ...flags],
    cwd: home,
    env: {
      HOME: home,
      OPENAI_API_KEY: "sk-benchmark-0123456789abcdef",
      LODESTAR_OPENAI_BASE_URL: `http://127.0.0.1:${upstreamPort}/v1`,
      OLLAMA_HOST: "127.0.0.1:9",
    },
  });
  return { child, port, stateDir };
}

/** Starts the product and waits until it serves. */
export async function startLodestar(upstreamPort: number): Promise<LodestarTarget> {
  const { child, port, stateDir } = spawnLodestar(upstreamPort);
  if (!(await isServing(`http://127.0.0.1:${port}/readyz`, READY_MS))) {
    await child.stop();
    throw new Error("lodestar did not start; its log lies in the state directory");
  }
  return {
    name: "lodestar",
    port,
    path: "/v1/chat/completions",
    headers: {},
    model: "openai/gpt-4o-mini",
    pid: child.pid,
    ledgerPath: join(stateDir, "ledger.db"),
    stop: () => child.stop(),
    discard: () => rmSync(join(stateDir, ".."), { recursive: true, force: true }),
  };
}
