import { describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../scripts/step.ts";
import { writeExecutable } from "../features/update/fixture.ts";

const NODE = Bun.which("node");
/** Ends with 7 on SIGTERM; drains a moment and ends with 130 on SIGINT; a second SIGINT aborts it with 9. Without its checkout it ends too. */
const SERVER = `#!/bin/sh
trap 'ints=x$ints; [ "$ints" = x ] || exit 9; echo draining' INT
trap 'exit 7' TERM
echo "ready $*"
while [ "\${#drained}" -lt 6 ] && [ -e "$0" ]; do sleep 0.05; [ -z "$ints" ] || drained=x$drained; done
exit 130
`;

/** A checkout with one dependency in a folder of its own, whose build makes a shell script of a gateway; and a PATH with nothing but Node. */
function checkout(): { readonly path: string; readonly tools: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "lodestar-bootstrap-"));
  const tools = join(path, "tools");
  mkdirSync(join(path, "scripts"));
  mkdirSync(tools);
  symlinkSync(NODE ?? "", join(tools, "node"));
  for (const file of ["bootstrap.mjs", "bun-runtime.mjs", "bun-packages.json"]) {
    copyFileSync(`${ROOT}scripts/${file}`, join(path, "scripts", file));
  }
  mkdirSync(join(path, "local"));
  writeFileSync(join(path, "local/package.json"), '{"name":"local","version":"1.0.0"}\n');
  writeFileSync(join(path, "package.json"), '{"name":"x","type":"module","dependencies":{"local":"file:./local"}}\n');
  Bun.spawnSync([process.execPath, "install", "--lockfile-only"], { cwd: path });
  writeFileSync(
    join(path, "scripts/echo.ts"),
    "console.log('echo', ...process.argv.slice(2));\nprocess.exitCode = 5;\n",
  );
  writeFileSync(
    join(path, "scripts/build.ts"),
    `import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
mkdirSync("dist", { recursive: true });
writeFileSync("dist/lodestar", ${JSON.stringify(SERVER)});
chmodSync("dist/lodestar", 0o755);
`,
  );
  return { path, tools, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function start(root: string, path: string, args: readonly string[]) {
  return Bun.spawn([NODE ?? "", "scripts/bootstrap.mjs", ...args], {
    cwd: root,
    env: { PATH: path, HOME: root },
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function run(root: string, path: string, args: readonly string[]) {
  const child = start(root, path, args);
  const [out, talk] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, out, talk };
}

/** Reads until the text has come; fails at the end of the stream. */
async function waitFor(stream: ReadableStream<Uint8Array>, text: string): Promise<void> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let seen = "";
  while (!seen.includes(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream ended without "${text}": ${seen}`);
    seen += decoder.decode(value, { stream: true });
  }
  reader.releaseLock();
}

describe.skipIf(NODE === null || process.platform === "win32")(
  "bootstrap.mjs (skipped without Node, and on Windows)",
  () => {
    /** PATH with the Bun that runs these tests, and standard tools. */
    function withBun(tools: string): string {
      symlinkSync(process.execPath, join(tools, "bun"));
      return `${tools}:/usr/bin:/bin`;
    }

    test("installs once, passes arguments and the exit code through, and is quiet the second time", async () => {
      using root = checkout();
      const path = withBun(root.tools);
      const first = await run(root.path, path, ["run", "scripts/echo.ts", "a", "b"]);
      expect(first).toEqual({
        code: 5,
        out: "echo a b\n",
        talk: expect.stringContaining("Installing the locked dependencies"),
      });
      expect(existsSync(join(root.path, "node_modules/.lodestar-installed"))).toBe(true);
      expect(await run(root.path, path, ["run", "scripts/echo.ts"])).toEqual({ code: 5, out: "echo\n", talk: "" });
    });

    test("start builds, serves with the arguments given, and passes a signal and the exit code on", async () => {
      using root = checkout();
      const child = start(root.path, withBun(root.tools), ["start", "--port", "0"]);
      await waitFor(child.stdout, "ready serve --port 0");
      child.kill("SIGTERM");
      expect(await child.exited).toBe(7);
    });

    test("a signal that comes twice at once, as from a terminal through npm, reaches the gateway once", async () => {
      using root = checkout();
      const child = start(root.path, withBun(root.tools), ["start"]);
      await waitFor(child.stdout, "ready serve");
      child.kill("SIGINT");
      await waitFor(child.stdout, "draining");
      process.kill(child.pid, "SIGINT");
      expect(await child.exited).toBe(130);
    });

    test("without Bun it asks npm for the pinned one; a failing npm is told with what to do", async () => {
      using root = checkout();
      writeExecutable(join(root.tools, "npm"), '#!/bin/sh\necho "npm error network unreachable $*" >&2\nexit 1\n');
      const { code, talk } = await run(root.path, `${root.tools}:/usr/bin:/bin`, ["build"]);
      expect(code).toBe(1);
      expect(talk).toMatch(/npm could not fetch @oven\/bun-\S+@\d+\.\d+\.\d+/);
      expect(talk).toContain("network unreachable");
      expect(talk).toContain("Offline?");
      expect(existsSync(join(root.path, "dist"))).toBe(false);
    });

    test("an archive that is not the pinned one is refused", async () => {
      using root = checkout();
      const npm =
        '#!/bin/sh\nfor last; do :; done\necho evil > "$last/$(echo "$2" | sed "s/@oven\\\\/\\\\(.*\\\\)@\\\\(.*\\\\)/oven-\\\\1-\\\\2.tgz/")"\n';
      writeExecutable(join(root.tools, "npm"), npm);
      const { code, talk } = await run(root.path, `${root.tools}:/usr/bin:/bin`, ["build"]);
      expect(talk).toContain("is not the pinned archive");
      expect(code).toBe(1);
      expect(existsSync(join(root.path, ".cache/bun", "1.4.5", "bun-linux-x64", "bun"))).toBe(false);
    });

    test("without npm it says where npm comes from", async () => {
      using root = checkout();
      const { code, talk } = await run(root.path, root.tools, ["build"]);
      expect({ code, talk }).toEqual({ code: 1, talk: expect.stringContaining("npm is not on PATH") });
    });

    test("a lock file that does not fit package.json stops it", async () => {
      using root = checkout();
      writeFileSync(join(root.path, "package.json"), '{"name":"x","type":"module","dependencies":{"hono":"1.0.0"}}\n');
      const { code, talk } = await run(root.path, withBun(root.tools), ["build"]);
      expect({ code, talk }).toEqual({ code: 1, talk: expect.stringContaining("bun install failed") });
    });

    test("an unknown task is named", async () => {
      using root = checkout();
      const { code, talk } = await run(root.path, withBun(root.tools), ["strat"]);
      expect({ code, talk }).toEqual({ code: 2, talk: expect.stringContaining('unknown task "strat"') });
    });
  },
);
