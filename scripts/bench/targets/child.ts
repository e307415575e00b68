import type { Subprocess } from "bun";

/** How a child is started: its whole environment is given, so that nothing of the caller's leaks in. */
export interface ChildOptions {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A server that a benchmark started. */
export interface Child {
  readonly pid: number;
  stop(): Promise<void>;
}

const STOP_MS = 5_000;
const running = new Set<Subprocess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A free port of this machine, taken a moment later by who asked. */
export function freePort(): number {
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const { port } = probe;
  probe.stop(true);
  return port;
}

/** Starts a silent child that ends with this process at the latest. */
export function startChild({ command, env = {}, cwd = "/" }: ChildOptions): Child {
  const child = Bun.spawn([...command], {
    cwd,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  running.add(child);
  return {
    pid: child.pid,
    async stop() {
      child.kill("SIGTERM");
      const isEnded = await Promise.race([child.exited.then(() => true), Bun.sleep(STOP_MS).then(() => false)]);
      if (!isEnded) child.kill("SIGKILL");
      await child.exited;
      running.delete(child);
    },
  };
}

/** Whether a path is answered with 200 before the time is up. Asks again after `everyMs`. */
export async function isServing(url: string, withinMs: number, everyMs = 20): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (performance.now() < until) {
    const reply = await fetch(url, { keepalive: false, proxy: false }).catch(() => null);
    await reply?.body?.cancel();
    if (reply?.status === 200) return true;
    await Bun.sleep(everyMs);
  }
  return false;
}
