import { bun, ROOT } from "../../step.ts";
import type { Cut } from "../upstream/server.ts";
import type { Target } from "./target.ts";

/** The fake upstream in a process of its own, which is also the direct call's target. */
export interface UpstreamTarget extends Target {
  /** Callers that left before their answer was complete. */
  cuts(): Promise<readonly Cut[]>;
}

/** Starts the fake upstream. */
export async function startUpstream(): Promise<UpstreamTarget> {
  const child = Bun.spawn([...bun(`${ROOT}scripts/bench/upstream.ts`)], { stdin: "ignore", stdout: "pipe" });
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const port = Number(new TextDecoder().decode(value));
  return {
    name: "direct",
    port,
    path: "/v1/chat/completions",
    headers: {},
    model: "gpt-4o-mini",
    pid: null,
    // Written by the upstream of this very benchmark.
    cuts: async () => (await (await fetch(`http://127.0.0.1:${port}/cuts`, { proxy: false })).json()) as Cut[],
    async stop() {
      child.kill();
      await child.exited;
    },
  };
}
