import { expect, test } from "bun:test";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { compileBinary } from "../../scripts/compile.ts";
import { executableKindOf } from "../../scripts/executable-kind.ts";
import { temporaryFolder } from "../features/update/fixture.ts";

const COMPILE_TIMEOUT_MS = 60_000;

async function digestOf(file: string): Promise<string> {
  return new Bun.CryptoHasher("sha256").update(await Bun.file(file).bytes()).digest("hex");
}

test(
  "two builds of the same sources have the same bytes and run",
  async () => {
    using folder = temporaryFolder();
    const digests: string[] = [];
    for (const place of ["first", "second"]) {
      const file = join(folder.path, place, "lodestar");
      await compileBinary(file);
      digests.push(await digestOf(file));
    }
    expect(digests[1]).toBe(digests[0] ?? "");
    const binary = join(folder.path, "first/lodestar");
    expect(await executableKindOf(binary)).not.toBe("unknown");
    const run = Bun.spawnSync([binary, "--version"], { cwd: folder.path });
    expect(run.stdout.toString()).toBe(`${manifest.version}\n`);
  },
  COMPILE_TIMEOUT_MS,
);
