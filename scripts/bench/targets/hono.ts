import { COMPILE_FLAGS } from "../../compile.ts";
import { bun, ROOT, runStep } from "../../step.ts";
import { freePort, isServing, startChild } from "./child.ts";
import type { Target } from "./target.ts";

const PROGRAM = `${ROOT}.cache/bench/hono-proxy`;

/** Compiles the bare pass-through as the product is compiled, and starts it. */
export async function startHono(upstreamPort: number): Promise<Target> {
  const source = `${ROOT}scripts/bench/hono-proxy.ts`;
  const built = await runStep({
    name: "hono",
    command: bun("build", ...COMPILE_FLAGS, source, `--outfile=${PROGRAM}`),
  });
  if (!built.isOk) throw new Error(`the pass-through cannot be compiled:\n${built.output}`);
  const port = freePort();
  const child = startChild({
    command: [PROGRAM, String(port), `http://127.0.0.1:${upstreamPort}`],
    env: { BUN_CONFIG_MAX_HTTP_REQUESTS: "65000" },
  });
  if (!(await isServing(`http://127.0.0.1:${port}/livez`, 5_000))) throw new Error("the pass-through did not start");
  const { pid, stop } = child;
  return { name: "hono", port, path: "/v1/chat/completions", headers: {}, model: "gpt-4o-mini", pid, stop };
}
