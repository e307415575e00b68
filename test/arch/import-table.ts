/**
 * Who may import what below `src/` (adr/0001-narrow-waist.md). `core` and `version.ts` are open to all but the pure folders.
 * An entry is a folder, a file, or either with ` (types)` for type-only imports.
 */
export const IMPORT_TABLE: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["cli"],
  "version.ts": [],
  core: [],
  dialects: [],
  providers: ["dialects (types)"],
  stores: [],
  host: ["../config/router/weights"],
  config: ["providers", "host"],
  local: ["host", "stores/ports.ts"],
  gateway: ["dialects", "providers", "local", "host", "stores/ports.ts", "config/settings.ts (types)"],
  features: ["../config/tournament", "gateway/answer.ts", "stores/ports.ts", "host", "terminal"],
  terminal: [],
  http: ["gateway", "local", "features", "dialects", "config", "stores/ports.ts", "host (types)"],
  cli: ["config", "features", "terminal", "compose.ts"],
  web: [],
};

/** Folders that are pure: nothing but `core`, no `node:` or `bun:` modules, no clock, no chance, no network. */
export const PURE_FOLDERS: readonly string[] = ["core", "dialects"];

/** The npm packages that each folder may use. Every runtime dependency of package.json stands here exactly where it is needed. */
export const PACKAGE_TABLE: Readonly<Record<string, readonly string[]>> = {
  http: ["hono", "valibot"],
  config: ["valibot", "yaml"],
  cli: ["citty"],
  terminal: ["picocolors", "consola"],
  features: ["ofetch", "yaml", "jsonc-parser", "valibot", "diff", "highlight.js"],
};

/** The folder (or root file) of a path below `src/`. */
export function folderOf(path: string): string {
  return path.split("/")[0] ?? path;
}

function isGranted(grant: string, to: string, isTypeOnly: boolean): boolean {
  const place = grant.replace(" (types)", "");
  if (place !== grant && !isTypeOnly) return false;
  return to === place || to.startsWith(`${place}/`);
}

/** Whether the table lets `from` import `to` (paths below `src/`). Features never import one another. */
export function mayImport(from: string, to: string, isTypeOnly: boolean): boolean {
  const folder = folderOf(from);
  if (folder === "compose.ts" || folder === "compose") return true;
  if (folder === "features" && folderOf(to) === "features") return from.split("/")[1] === to.split("/")[1];
  if (folder === folderOf(to)) return true;
  if (folderOf(to) === "core") return true;
  if (to === "version.ts") return !PURE_FOLDERS.includes(folder);
  return (IMPORT_TABLE[folder] ?? []).some((grant) => isGranted(grant, to, isTypeOnly));
}
