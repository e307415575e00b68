import { afterEach } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackendInputs } from "../../src/cli/backend.ts";

/** Command lines over temporary folders; nothing of the real environment is seen, and no Ollama answers. */
export function createInputs(): (
  config?: string,
  environment?: Readonly<Record<string, string>>,
) => Promise<BackendInputs> {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  return async (config, environment = {}) => {
    const folder = mkdtempSync(join(tmpdir(), "lodestar-compose-"));
    folders.push(folder);
    const file = join(folder, "config.yaml");
    if (config !== undefined) await Bun.write(file, config);
    return {
      flags: {
        stateDir: join(folder, "state"),
        port: 0,
        adminPort: 0,
        ...(config === undefined ? {} : { config: file }),
      },
      environment: { HOME: folder, OLLAMA_HOST: "127.0.0.1:9", ...environment },
      version: "0.0.0-test",
    };
  };
}
