import { describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, linkSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { ROOT } from "../../scripts/step.ts";
import { assetName, thisMachine } from "../../src/features/update/asset.ts";
import { serveFolder, temporaryFolder } from "../features/update/fixture.ts";

const BINARY = join(ROOT, "dist", process.platform === "win32" ? "lodestar.exe" : "lodestar");
const ASSET = assetName(thisMachine()) ?? "";
const TIMEOUT_MS = 60_000;

async function sha256(path: string): Promise<string> {
  return new Bun.CryptoHasher("sha256").update(await Bun.file(path).bytes()).digest("hex");
}

/** A release of this very build, and an installed copy of it. */
async function scene(folder: string) {
  const release = join(folder, "release");
  mkdirSync(release);
  linkSync(BINARY, join(release, ASSET));
  const digest = await sha256(BINARY);
  writeFileSync(join(release, "VERSION"), `${manifest.version}\n`);
  writeFileSync(join(release, "SHA256SUMS"), `${digest}  ${ASSET}\n`);
  const installed = join(folder, "lodestar");
  copyFileSync(BINARY, installed);
  return { release, installed, digest };
}

async function run(binary: string, ...args: readonly string[]) {
  const child = Bun.spawn([binary, ...args], { stdout: "pipe", stderr: "pipe", env: { PATH: process.env.PATH ?? "" } });
  const [out, talk] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, out, talk };
}

describe.skipIf(!existsSync(BINARY))("the compiled binary (skipped without dist/lodestar: npm run build)", () => {
  test(
    "replaces itself from a web server while it runs, and rolls back",
    async () => {
      using folder = temporaryFolder();
      const { release, installed, digest } = await scene(folder.path);
      using server = serveFolder(release);
      const updated = await run(installed, "update", "--to", manifest.version, "--from", server.url);
      expect(updated).toEqual({ code: 0, out: "", talk: expect.stringContaining(`${installed}.previous`) });
      expect(await sha256(installed)).toBe(digest);
      expect(await sha256(`${installed}.previous`)).toBe(digest);
      expect((await run(installed, "--version")).out).toBe(`${manifest.version}\n`);
      writeFileSync(`${installed}.previous`, "#!/bin/sh\necho the one before\n", { mode: 0o755 });
      expect((await run(installed, "update", "--rollback")).code).toBe(0);
      expect((await run(installed)).out).toBe("the one before\n");
    },
    TIMEOUT_MS,
  );

  test(
    "stays as it is when the checksum differs",
    async () => {
      using folder = temporaryFolder();
      const { release, installed, digest } = await scene(folder.path);
      writeFileSync(join(release, "SHA256SUMS"), `${"0".repeat(64)}  ${ASSET}\n`);
      const refused = await run(installed, "update", "--to", manifest.version, "--from", release);
      expect(refused).toEqual({ code: 1, out: "", talk: expect.stringContaining("update_checksum_mismatch") });
      expect(await sha256(installed)).toBe(digest);
      expect(existsSync(`${installed}.previous`)).toBe(false);
    },
    TIMEOUT_MS,
  );

  test("says that there is no source when none is named", async () => {
    const refused = await run(BINARY, "update", "--check");
    expect(refused).toEqual({ code: 1, out: "", talk: expect.stringContaining("no_update_source") });
  });
});
