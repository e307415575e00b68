import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute } from "node:path";
import { failure, type Result, success } from "../../core/result.ts";
import { errorText, readIfPresent } from "../../host/private-file.ts";
import type { CommandOutput, ServiceMachine } from "./manage.ts";

const COMMAND_TIMEOUT_MS = 120_000;

function attempt(action: () => void): Result<null, string> {
  try {
    action();
    return success(null);
  } catch (error) {
    return failure(errorText(error));
  }
}

async function runCommand(command: readonly string[]): Promise<CommandOutput> {
  const [program = ""] = command;
  const path = Bun.which(program);
  if (path === null) return { code: null, output: `${program} is not on PATH` };
  const child = Bun.spawn([path, ...command.slice(1)], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: COMMAND_TIMEOUT_MS,
  });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, output: out + err };
}

/** This machine. */
export function thisServiceMachine(environment: Readonly<Record<string, string | undefined>>): ServiceMachine {
  const configHome = environment.XDG_CONFIG_HOME ?? "";
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    home: environment.HOME ?? homedir(),
    configHome: isAbsolute(configHome) ? configHome : null,
    read: readIfPresent,
    write: (path, text) =>
      attempt(() => {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text, { mode: 0o644 });
      }),
    remove: (path) => attempt(() => rmSync(path, { force: true })),
    run: runCommand,
  };
}
