import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { command } from "../../../src/cli/service.ts";
import { thisServiceMachine } from "../../../src/features/service/machine.ts";
import { packagedUnit, renderUnit } from "../../../src/features/service/unit.ts";
import { runCommand } from "../run-command.ts";
import { temporaryFolder, textOf } from "../update/fixture.ts";

describe("lodestar service", () => {
  test("install --print shows the unit and touches nothing", async () => {
    const run = await runCommand(command, ["install", "--print"]);
    expect(run).toEqual({ code: 0, out: renderUnit(packagedUnit("system")), talk: "" });
  });

  test("install --dry-run lists the steps", async () => {
    using folder = temporaryFolder();
    const args = ["install", "--user", "--dry-run", "--binary", "/opt/lodestar"];
    const run = await runCommand(command, args, { HOME: folder.path });
    expect(run.out.trimEnd().split("\n")).toEqual([
      `write ${join(folder.path, ".config/systemd/user/lodestar.service")}`,
      "systemctl --user daemon-reload",
      "systemctl --user enable lodestar.service",
      "systemctl --user restart lodestar.service",
    ]);
    expect(existsSync(join(folder.path, ".config"))).toBe(false);
  });

  test("install takes credentials as NAME=PATH and refuses anything else", async () => {
    const good = await runCommand(command, [
      "install",
      "--print",
      "--credential",
      "a.key=/etc/a",
      "--credential",
      "b=/etc/b",
    ]);
    expect(good.out).toContain("LoadCredential=a.key:/etc/a\nLoadCredential=b:/etc/b\n");
    for (const text of ["a.key", "a=relative", "=/etc/a", "sk-secret"]) {
      const bad = await runCommand(command, ["install", "--print", "--credential", text]);
      expect(bad.code).toBe(2);
      expect(bad.talk).toContain("NAME=/absolute/path");
    }
  });

  test("uninstall --dry-run without a service says that there is none", async () => {
    using folder = temporaryFolder();
    const run = await runCommand(command, ["uninstall", "--user", "--dry-run"], { HOME: folder.path });
    expect(run.code).toBe(1);
    expect(run.talk).toContain("service_not_installed");
  });

  test("status says that none is installed, and ends with 7", async () => {
    using folder = temporaryFolder();
    const run = await runCommand(command, ["status", "--user"], { HOME: folder.path });
    expect(run).toEqual({ code: 7, out: "No user service is installed.\n", talk: "" });
    const json = await runCommand(command, ["--user", "--json"], { HOME: folder.path });
    expect(JSON.parse(json.out)).toMatchObject({ scope: "user", unit: null });
  });
});

describe("the machine of the service commands", () => {
  test("writes and removes files, making folders on the way", () => {
    using folder = temporaryFolder();
    const machine = thisServiceMachine({ HOME: folder.path, XDG_CONFIG_HOME: "relative-is-ignored" });
    const path = join(folder.path, "a/b/unit");
    expect(machine.configHome).toBeNull();
    expect(machine.write(path, "text").ok).toBe(true);
    expect(textOf(path)).toBe("text");
    expect(machine.read(path)).toBe("text");
    expect(machine.remove(path).ok).toBe(true);
    expect(machine.read(path)).toBeNull();
  });

  test("says why a file cannot be written", () => {
    using folder = temporaryFolder();
    const machine = thisServiceMachine({ HOME: folder.path });
    machine.write(join(folder.path, "file"), "");
    const written = machine.write(join(folder.path, "file/below"), "");
    expect(written.ok ? "" : written.error).toContain("E");
  });

  test("runs a program and says when there is none", async () => {
    const machine = thisServiceMachine({ HOME: "/" });
    expect(await machine.run(["sh", "-c", "echo out; echo err >&2; exit 3"])).toEqual({
      code: 3,
      output: "out\nerr\n",
    });
    expect((await machine.run(["no-such-program-here"])).code).toBeNull();
  });
});
