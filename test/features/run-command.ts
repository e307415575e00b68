import type { Command, CommandEntry } from "../../src/cli/command.ts";
import { type RunnerHost, runCli } from "../../src/cli/runner.ts";

/** How a command line ended. */
export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly talk: string;
}

/** Runs one command through the real runner as version 1.0.0, from the sources, with buffers for a terminal. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandRun> {
  const { name, description, group = "More" } = command.meta;
  const entries: readonly CommandEntry[] = [{ name, description, group, load: async () => command }];
  const text = { out: "", talk: "" };
  const host: RunnerHost = {
    stdout: {
      write: (chunk) => {
        text.out += chunk;
      },
    },
    stderr: {
      write: (chunk) => {
        text.talk += chunk;
      },
    },
    stdin: { readAll: async () => "" },
    environment,
    version: "1.0.0",
    now: () => 0,
    onSignal: () => () => undefined,
    backend: () => Promise.reject(new Error("no backend is needed")),
  };
  return { code: await runCli([name, ...args], entries, host), ...text };
}
