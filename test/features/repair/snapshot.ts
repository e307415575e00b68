import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Every entry of a tree with its kind, mode and bytes: two trees are the same where these are. */
export function snapshot(root: string, without: readonly string[] = []): Readonly<Record<string, string>> {
  const entries: Record<string, string> = {};
  const visit = (path: string): void => {
    const file = join(root, path);
    const stats = lstatSync(file);
    const mode = (stats.mode & 0o7777).toString(8);
    if (stats.isSymbolicLink()) entries[path] = `link ${readlinkSync(file)}`;
    else if (stats.isDirectory()) {
      entries[path] = `folder ${mode}`;
      for (const name of readdirSync(file)) {
        const below = path === "" ? name : `${path}/${name}`;
        if (!without.includes(name)) visit(below);
      }
    } else entries[path] = `file ${mode} ${new Bun.CryptoHasher("sha256").update(readFileSync(file)).digest("hex")}`;
  };
  visit("");
  return entries;
}
