import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonObject, parseJson } from "../../src/core/json.ts";

const ROOT = join(import.meta.dir, "..", "..");

/** Every package that runs inside the binary, and what it is for. A new one is argued for here, or not added. */
const RUNTIME_DEPENDENCIES: Readonly<Record<string, string>> = {
  citty: "command definitions",
  consola: "talk on stderr",
  diff: "words that changed in a line",
  "highlight.js": "colours of source code in a diff",
  "jsonc-parser": "settings of coding tools, edited without touching their comments",
  hono: "routing of the two listeners",
  ofetch: "HTTP outside the request path",
  picocolors: "colours in the terminal",
  valibot: "validation at the boundaries",
  yaml: "configuration files with line and column",
};

/** What those bring along, all of one family (unjs), named for the same reason. */
const BROUGHT_ALONG: readonly string[] = ["destr", "node-fetch-native", "ufo"];

const MAX_RUNTIME_DEPENDENCIES = 15;
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepare"];

function manifestAt(...path: string[]): JsonObject {
  const json = parseJson(readFileSync(join(ROOT, ...path, "package.json"), "utf8"));
  if (!isJsonObject(json)) throw new Error(`${path.join("/")}/package.json is no object`);
  return json;
}

function namesIn(value: unknown): string[] {
  return isJsonObject(value) ? Object.keys(value) : [];
}

/** The direct dependencies and all that they bring along. */
function everything(): string[] {
  const seen = new Set<string>();
  const queue = namesIn(manifestAt().dependencies);
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (seen.has(name)) continue;
    seen.add(name);
    queue.push(...namesIn(manifestAt("node_modules", name).dependencies));
  }
  return [...seen].sort();
}

describe("run-time dependencies", () => {
  const direct = namesIn(manifestAt().dependencies);

  test("are the ones named here: a new one needs a reason in this list, a removed one leaves it", () => {
    expect(direct.sort()).toEqual(Object.keys(RUNTIME_DEPENDENCIES).sort());
  });

  test("bring along only what is named here, at most 15 in all", () => {
    expect(everything()).toEqual([...direct, ...BROUGHT_ALONG].sort());
    expect(everything().length).toBeLessThanOrEqual(MAX_RUNTIME_DEPENDENCIES);
  });

  test("are pinned to exact versions", () => {
    const { dependencies, devDependencies } = manifestAt();
    for (const version of [dependencies, devDependencies]
      .filter(isJsonObject)
      .flatMap((group) => Object.values(group))) {
      expect(String(version)).toMatch(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/);
    }
  });

  test("run nothing when they are installed", () => {
    for (const name of everything()) {
      const manifest = manifestAt("node_modules", name);
      const hooks = namesIn(manifest.scripts).filter((script) => INSTALL_SCRIPTS.slice(0, 3).includes(script));
      expect([name, ...hooks]).toEqual([name]);
      expect(existsSync(join(ROOT, "node_modules", name, "binding.gyp"))).toBe(false);
      expect(manifest.gypfile).toBeUndefined();
    }
  });

  test("are allowed no scripts by ours, and ours runs none on installation", () => {
    const manifest = manifestAt();
    expect(manifest.trustedDependencies).toEqual([]);
    expect(namesIn(manifest.scripts).filter((script) => INSTALL_SCRIPTS.includes(script))).toEqual([]);
  });
});
