import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { BUN_VERSION, hostTraits, runtimePackage } from "../../scripts/bun-runtime.mjs";
import { ROOT } from "../../scripts/step.ts";
import { temporaryFolder } from "../features/update/fixture.ts";

const node = Bun.which("node");
const git = Bun.which("git");
const TIMEOUT_MS = 600_000;

/** PATH with Node, npm and the usual tools, and no folder that has a Bun. */
const path = [...new Set([dirname(node ?? "/"), ...(process.env.PATH ?? "").split(":")])]
  .filter((folder) => !existsSync(join(folder, "bun")))
  .join(":");

async function run(folder: string, command: readonly string[]) {
  const child = Bun.spawn([...command], {
    cwd: folder,
    env: { ...process.env, PATH: path },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, talk] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, out, talk };
}

async function hasRegistry(): Promise<boolean> {
  if (node === null || git === null || !existsSync(join(ROOT, ".git"))) return false;
  const asked = await run(ROOT, ["npm", "view", `@oven/${runtimePackage(hostTraits())}@${BUN_VERSION}`, "version"]);
  return asked.out.trim() === BUN_VERSION;
}

describe.skipIf(!(await hasRegistry()))("a clean clone (skipped without Node, git or npm's registry)", () => {
  test(
    "with only Node and npm builds the binary, quietly the second time",
    async () => {
      using folder = temporaryFolder();
      const clone = join(folder.path, "clone");
      expect((await run(folder.path, [git ?? "", "clone", "--quiet", ROOT, clone])).code).toBe(0);
      const first = await run(clone, ["npm", "run", "--silent", "build"]);
      expect(first).toEqual({ code: 0, out: "", talk: expect.stringContaining(`Fetching Bun ${BUN_VERSION}`) });
      const binary = await run(clone, [join(clone, "dist/lodestar"), "--version"]);
      expect(binary.out).toBe(`${manifest.version}\n`);
      const second = await run(clone, ["node", "scripts/bootstrap.mjs", "build", "--if-stale"]);
      expect(second).toEqual({ code: 0, out: "", talk: "" });
      expect((await run(clone, [git ?? "", "status", "--porcelain"])).out).toBe("");
    },
    TIMEOUT_MS,
  );
});
