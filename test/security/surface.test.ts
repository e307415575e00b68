import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");

function sources(): readonly { name: string; text: string }[] {
  const names = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  return names.map((name) => ({
    name: name.split(sep).join("/"),
    text: readFileSync(join(ROOT, "src", name), "utf8"),
  }));
}

function usersOf(pattern: RegExp): string[] {
  return sources()
    .filter(({ text }) => pattern.test(text))
    .map(({ name }) => name)
    .sort();
}

describe("the source", () => {
  test("is seen by these tests", () => expect(sources().length).toBeGreaterThan(50));

  test("evaluates no text as code", () => {
    expect(usersOf(/\beval\s*\(|\bnew Function\b|node:vm|\bimport\(\s*[^"'\s)]/)).toEqual([]);
  });

  test("starts no process on the request path: no route can spawn one", () => {
    const spawning = usersOf(/\bBun\.(?:spawn|spawnSync|\$)|node:child_process|from "bun".*\$/);
    const served = spawning.filter((name) => /^(?:http|gateway|dialects|core|providers|stores)\//.test(name));
    expect(served).toEqual([]);
  });

  test("switches certificate checks off nowhere; only the doctor looks whether the user did", () => {
    expect(usersOf(/rejectUnauthorized\s*:\s*false|checkServerIdentity/)).toEqual([]);
    expect(usersOf(/NODE_TLS_REJECT_UNAUTHORIZED/)).toEqual(["cli/doctor/network.ts"]);
  });

  test("follows redirects by itself nowhere on the way to providers or to URLs of users", () => {
    for (const name of ["host/upstream/fetch.ts", "host/egress.ts"]) {
      expect(readFileSync(join(ROOT, "src", name), "utf8")).toContain('redirect: "manual"');
    }
  });

  test("holds nothing that looks like a key", () => {
    expect(
      usersOf(/\b(?:sk-(?:ant-|proj-)?[A-Za-z0-9]{20,}|AIza[\w-]{30,}|gsk_\w{20,}|ghp_\w{20,}|AKIA[0-9A-Z]{16})\b/),
    ).toEqual([]);
  });
});

describe("docs/security.md", () => {
  const page = readFileSync(join(ROOT, "docs", "security.md"), "utf8");

  test("names only tests that exist", () => {
    const named = [...page.matchAll(/`(test\/[\w./-]+)`/g)].map(([, path]) => path ?? "");
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test("gives each promise a test, or says with what it comes", () => {
    const rows = page.split("\n").filter((line) => line.startsWith("| ") && !/^\| (?:Class|What|---)/.test(line));
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows) expect(row).toMatch(/`test\/|[Cc]omes with/);
  });
});
