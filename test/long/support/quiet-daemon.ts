import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { binaryPath } from "../../real/binary.ts";
import { plainEnvironment, temporaryFolder } from "../../real/driver.ts";
import { eventually } from "../../support/eventually.ts";

/** A compiled daemon whose output nobody collects, so that it can run for millions of requests. */
export interface QuietDaemon {
  readonly apiUrl: string;
  readonly stateDir: string;
  /** Resident memory now, and at its highest, in bytes. */
  memory(): { readonly nowBytes: number; readonly peakBytes: number };
  openFiles(): number;
  isAlive(): boolean;
  /** SIGTERM; the exit code. */
  stop(): Promise<number>;
}

function freePort(): number {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { port } = server;
  void server.stop(true);
  return port ?? 0;
}

function kibibytesIn(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0);
}

async function isReady(apiUrl: string): Promise<boolean> {
  return fetch(`${apiUrl}/readyz`).then(
    (response) => response.ok,
    () => false,
  );
}

/** Starts one, behind the given words of a command line, and waits until it is ready. */
export async function startQuietDaemon(config: string, before: readonly string[] = []): Promise<QuietDaemon> {
  const home = temporaryFolder();
  const stateDir = join(home, "state");
  await Bun.write(join(home, "config.yaml"), config);
  const port = freePort();
  const flags = [
    `--port=${port}`,
    "--admin-port=0",
    `--state-dir=${stateDir}`,
    `--config=${join(home, "config.yaml")}`,
  ];
  const child = Bun.spawn([...before, await binaryPath(), "serve", ...flags], {
    env: plainEnvironment(home, { KEY: "soak-key-0123456789" }),
    cwd: home,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  const apiUrl = `http://127.0.0.1:${port}`;
  await eventually("readiness", () => {
    if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}`);
    return isReady(apiUrl);
  });
  return {
    apiUrl,
    stateDir,
    memory() {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return { nowBytes: kibibytesIn(status, "VmRSS") * 1024, peakBytes: kibibytesIn(status, "VmHWM") * 1024 };
    },
    openFiles: () => readdirSync(`/proc/${child.pid}/fd`).length,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    stop() {
      child.kill("SIGTERM");
      return child.exited;
    },
  };
}
