import { describe, expect, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { packagedUnit, renderUnit, type UnitOptions } from "../../../src/features/service/unit.ts";
import { temporaryFolder, writeExecutable } from "../update/fixture.ts";

const analyze = Bun.which("systemd-analyze");
const CONFIG = join(import.meta.dir, "../../../config/systemd");

function withOptions(options: Partial<UnitOptions>): string {
  return renderUnit({ ...packagedUnit("system"), ...options });
}

/** Values of a directive, in order. */
function valuesOf(unit: string, directive: string): readonly string[] {
  return unit
    .split("\n")
    .filter((line) => line.startsWith(`${directive}=`))
    .map((line) => line.slice(directive.length + 1));
}

describe("the unit", () => {
  test("tells systemd when it serves, and leaves running answers time to finish", () => {
    const unit = withOptions({});
    expect(valuesOf(unit, "Type")).toEqual(["notify"]);
    expect(Number(valuesOf(unit, "TimeoutStopSec")[0])).toBeGreaterThan(30);
    expect(valuesOf(unit, "Restart")).toEqual(["on-failure"]);
  });

  test("sets Bun's cap on calls in flight, and no secret, in the environment", () => {
    const environment = valuesOf(withOptions({ credentials: [{ name: "a.key", path: "/etc/a.key" }] }), "Environment");
    expect(environment).toContainEqual(expect.stringMatching(/^BUN_CONFIG_MAX_HTTP_REQUESTS=\d+$/));
    expect(environment.join(" ")).not.toMatch(/key|token|secret/i);
  });

  test("hands credentials over by file", () => {
    const unit = withOptions({ credentials: [{ name: "deepseek.key", path: "/etc/lodestar/100%.key" }] });
    expect(valuesOf(unit, "LoadCredential")).toEqual(["deepseek.key:/etc/lodestar/100%%.key"]);
    expect(unit).not.toContain("# LoadCredential");
  });

  test("lets NVIDIA cards through, and no directive that kills a just-in-time compiler", () => {
    const unit = withOptions({});
    expect(valuesOf(unit, "DeviceAllow")).toContain("/dev/nvidiactl rw");
    expect(unit).not.toMatch(/^(?:MemoryDenyWriteExecute|LimitAS|PrivateDevices)=/m);
  });

  test.each([
    ["/opt/my tools/lodestar", '"/opt/my tools/lodestar"'],
    ["/opt/100%/lodestar", "/opt/100%%/lodestar"],
    ["/opt/$HOME/lodestar", "/opt/$$HOME/lodestar"],
    ['/opt/a"b/lodestar', '"/opt/a\\"b/lodestar"'],
  ])("writes the path %s so that systemd reads it back", (binary, want) => {
    expect(valuesOf(withOptions({ binary }), "ExecStart")).toEqual([`${want} serve`]);
  });

  test.each(["system", "user"] as const)("of the packaged %s runs a binary by its absolute path", (scope) => {
    expect(valuesOf(renderUnit(packagedUnit(scope)), "ExecStart")).toEqual(["/usr/local/bin/lodestar serve"]);
  });

  test("names the configuration it was given", () => {
    const unit = withOptions({ config: "/etc/lodestar/config.yaml" });
    expect(valuesOf(unit, "ExecStart")).toEqual(["/usr/local/bin/lodestar serve --config /etc/lodestar/config.yaml"]);
  });

  test("of a user keeps its state where the user's commands look for it", () => {
    const unit = renderUnit(packagedUnit("user"));
    expect(unit).not.toContain("LODESTAR_STATE_DIR");
    expect(unit).not.toContain("DynamicUser");
    expect(valuesOf(unit, "WantedBy")).toEqual(["default.target"]);
  });

  test.each([
    ["lodestar.service", "system"],
    ["user/lodestar.service", "user"],
  ] as const)("in config/systemd/%s is the one that is installed for the %s", (file, scope) => {
    expect(readFileSync(join(CONFIG, file), "utf8")).toBe(renderUnit(packagedUnit(scope)));
  });
});

describe.skipIf(analyze === null)("systemd's own view (skipped without systemd-analyze)", () => {
  /** Runs systemd-analyze on a unit whose binary exists. */
  function analyzeUnit(options: Partial<UnitOptions>, ...words: readonly string[]) {
    using folder = temporaryFolder();
    const binary = join(folder.path, "lodestar");
    writeExecutable(binary, "#!/bin/sh\n");
    const file = join(folder.path, "lodestar.service");
    writeExecutable(file, withOptions({ binary, ...options }));
    const run = Bun.spawnSync([analyze ?? "", ...words, file], { env: { ...process.env, SYSTEMD_PAGER: "" } });
    rmSync(file);
    return { code: run.exitCode, output: run.stdout.toString() + run.stderr.toString() };
  }

  test("the system unit's exposure is at most 1.3", () => {
    const { output } = analyzeUnit({}, "security", "--offline=true", "--no-pager");
    const exposure = /Overall exposure level for lodestar\.service: ([\d.]+)/.exec(output)?.[1];
    expect(Number(exposure)).toBeLessThanOrEqual(1.3);
  });

  test.each([
    ["as packaged", {}],
    ["with credentials", { credentials: [{ name: "a.key", path: "/etc/a.key" }] }],
    ["of a user", { scope: "user" }],
  ] as const)("systemd understands every line of the unit %s", (_title, options) => {
    const { output } = analyzeUnit(options, "verify");
    expect(output).not.toMatch(/Unknown|Failed to parse|Invalid|not executable|ignoring/i);
  });
});
