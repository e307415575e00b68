import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh folder that removes itself at the end of the block. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "lodestar-update-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A stand-in for a binary: a shell script that says its version. */
export function fakeBinary(version: string, exitCode = 0): string {
  return `#!/bin/sh\necho "${version}"\nexit ${exitCode}\n`;
}

/** Writes an executable file. */
export function writeExecutable(path: string, content: string): void {
  writeFileSync(path, content);
  chmodSync(path, 0o755);
}

/** Writes a release as `bun run release` lays it out; returns its folder. */
export function writeRelease(folder: string, version: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true });
  const sums = Object.entries(files).map(([name, content]) => {
    writeExecutable(join(folder, name), content);
    return `${createHash("sha256").update(content).digest("hex")}  ${name}\n`;
  });
  writeFileSync(join(folder, "VERSION"), `${version}\n`);
  writeFileSync(join(folder, "SHA256SUMS"), sums.join(""));
  return folder;
}

/** Serves a folder on loopback; `fail` answers instead where it returns a reply. */
export function serveFolder(
  folder: string,
  fail?: (path: string) => Response | undefined,
): { readonly url: string } & Disposable {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const file = Bun.file(join(folder, pathname));
      return fail?.(pathname) ?? ((await file.exists()) ? new Response(file) : new Response("no", { status: 404 }));
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, [Symbol.dispose]: () => server.stop(true) };
}

/** The text of a file. */
export function textOf(path: string): string {
  return readFileSync(path, "utf8");
}
