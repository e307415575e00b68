import { existsSync, mkdirSync } from "node:fs";
import { ROOT, runStep } from "../../step.ts";
import { freePort, isServing, startChild } from "./child.ts";
import type { Absent, Target } from "./target.ts";

/** The release of `@portkey-ai/gateway` that is measured. */
export const PORTKEY_VERSION = "1.15.2";
const FOLDER = `${ROOT}.cache/bench/portkey-${PORTKEY_VERSION}`;
const PROGRAM = `${FOLDER}/node_modules/@portkey-ai/gateway/build/start-server.js`;

async function install(npm: string): Promise<string | null> {
  if (existsSync(PROGRAM)) return null;
  mkdirSync(FOLDER, { recursive: true });
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", `--prefix=${FOLDER}`];
  const step = await runStep({
    name: "portkey",
    command: [npm, "install", ...flags, `@portkey-ai/gateway@${PORTKEY_VERSION}`],
  });
  return step.isOk && existsSync(PROGRAM) ? null : "@portkey-ai/gateway could not be installed from npm";
}

/** Installs Portkey's gateway into the cache of this checkout, once, and starts it on Node. */
export async function startPortkey(upstreamPort: number): Promise<Target | Absent> {
  const node = Bun.which("node");
  const npm = Bun.which("npm");
  if (node === null || npm === null) return { name: "portkey", reason: "Node and npm are not installed" };
  const problem = await install(npm);
  if (problem !== null) return { name: "portkey", reason: problem };
  const port = freePort();
  const child = startChild({
    command: [node, PROGRAM, "--headless", `--port=${port}`],
    env: { NODE_ENV: "production" },
  });
  if (!(await isServing(`http://127.0.0.1:${port}/`, 10_000))) {
    await child.stop();
    return { name: "portkey", reason: "Portkey's gateway did not start" };
  }
  return {
    name: "portkey",
    port,
    path: "/v1/chat/completions",
    headers: {
      authorization: "Bearer sk-benchmark",
      "x-portkey-provider": "openai",
      "x-portkey-custom-host": `http://127.0.0.1:${upstreamPort}/v1`,
    },
    model: "gpt-4o-mini",
    pid: child.pid,
    stop: child.stop,
  };
}
