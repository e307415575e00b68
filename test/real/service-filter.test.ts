import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/step.ts";
import { packagedUnit, renderUnit } from "../../src/features/service/unit.ts";
import { temporaryFolder } from "../features/update/fixture.ts";

const BINARY = join(ROOT, "dist/lodestar");
const strace = Bun.which("strace");
const analyze = Bun.which("systemd-analyze");

/** The system calls of a set such as `@system-service`, its subsets included. */
function callsOf(set: string): ReadonlySet<string> {
  const { stdout } = Bun.spawnSync([analyze ?? "", "syscall-filter", set, "--no-pager"]);
  const names = stdout
    .toString()
    .split("\n")
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  return new Set(names.flatMap((name) => (name.startsWith("@") ? [...callsOf(name)] : [name])));
}

/** What the unit's `SystemCallFilter=` lines leave. */
function allowedCalls(): ReadonlySet<string> {
  const lines = [...renderUnit(packagedUnit("system")).matchAll(/^SystemCallFilter=(~?)(.+)$/gm)];
  return lines.reduce<ReadonlySet<string>>((allowed, [, minus, sets = ""]) => {
    const named = new Set(sets.split(" ").flatMap((set) => [...callsOf(set)]));
    return minus === "~" ? allowed.difference(named) : allowed.union(named);
  }, new Set());
}

/** Runs the gateway under strace, asks it something, stops it, and returns the calls it made. */
async function callsMade(folder: string): Promise<ReadonlySet<string>> {
  const counts = join(folder, "counts");
  const serve = [BINARY, "serve", "--port", "0", "--admin-port", "0", "--json"];
  const child = Bun.spawn([strace ?? "", "-f", "-c", "-o", counts, ...serve], {
    env: { PATH: process.env.PATH ?? "", HOME: folder, LODESTAR_STATE_DIR: join(folder, "state") },
    stdout: "pipe",
    stderr: "ignore",
  });
  const { value } = await child.stdout.getReader().read();
  const ready = JSON.parse(new TextDecoder().decode(value).split("\n")[0] ?? "");
  await fetch(`${ready.apiUrl}/v1/models`, { proxy: "" });
  process.kill(ready.pid, "SIGTERM");
  await child.exited;
  const rows = readFileSync(counts, "utf8").split("\n");
  return new Set(rows.filter((row) => /^\s*\d/.test(row)).map((row) => row.trim().split(/\s+/).at(-1) ?? ""));
}

describe.skipIf(strace === null || analyze === null || !existsSync(BINARY))(
  "the service's filter of system calls (skipped without strace, systemd-analyze or dist/lodestar)",
  () => {
    test("allows every call that serving makes", async () => {
      using folder = temporaryFolder();
      const made = await callsMade(folder.path);
      // SQLite gives its files to the owner of the database, only as root; the service is not.
      const exempt = new Set(["total", "fchown"]);
      expect([...made.difference(allowedCalls()).difference(exempt)]).toEqual([]);
      expect(made.size).toBeGreaterThan(30);
    }, 60_000);
  },
);
