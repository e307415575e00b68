import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ConfigFlags } from "../../src/config/environment.ts";
import { type Loaded, loadSettings } from "../../src/config/load.ts";
import { type ConfigProblem, formatProblem } from "../../src/config/problem.ts";
import type { Result } from "../../src/core/result.ts";

/** A home folder of its own for one test. */
export interface Sandbox {
  readonly home: string;
  readonly userFile: string;
  readonly systemFile: string;
  readonly stateDir: string;
  /** Writes a file below the home folder (0600 unless said otherwise) and returns its path. */
  write(path: string, text: string, mode?: number): string;
  load(environment?: Record<string, string>, flags?: ConfigFlags): Result<Loaded, readonly ConfigProblem[]>;
}

export function makeSandbox(userConfig?: string, systemConfig?: string): Sandbox {
  const home = mkdtempSync(join(tmpdir(), "lodestar-config-"));
  const sandbox: Sandbox = {
    home,
    userFile: join(home, ".config", "lodestar", "config.yaml"),
    systemFile: join(home, "etc", "config.yaml"),
    stateDir: join(home, ".local", "state", "lodestar"),
    write(path, text, mode = 0o600) {
      const file = join(home, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { mode });
      return file;
    },
    load: (environment = {}, flags = {}) =>
      loadSettings({ flags, environment: { HOME: home, ...environment }, systemFile: sandbox.systemFile }),
  };
  if (userConfig !== undefined) sandbox.write(".config/lodestar/config.yaml", userConfig);
  if (systemConfig !== undefined) sandbox.write("etc/config.yaml", systemConfig);
  return sandbox;
}

/** The value of a load that must succeed. */
export function loaded(result: Result<Loaded, readonly ConfigProblem[]>): Loaded {
  if (!result.ok) throw new Error(result.error.map(formatProblem).join("\n"));
  return result.value;
}

/** The problems of a load that must fail, as a person sees them, with the file's folder left out. */
export function complaints(result: Result<unknown, readonly ConfigProblem[]>): string {
  if (result.ok) throw new Error("expected problems, but it loaded");
  return result.error.map((problem) => formatProblem(problem).replace(/^\/\S*\//, "")).join("\n");
}
