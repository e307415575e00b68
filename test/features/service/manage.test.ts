import { describe, expect, test } from "bun:test";
import { failure, success } from "../../../src/core/result.ts";
import {
  type CommandOutput,
  describeStep,
  installSteps,
  objection,
  readStatus,
  type ServiceMachine,
  takeSteps,
  uninstallSteps,
  unitPath,
} from "../../../src/features/service/manage.ts";
import { packagedUnit, renderUnit, type ServiceScope } from "../../../src/features/service/unit.ts";

interface Notes {
  readonly files: Map<string, string>;
  readonly commands: string[];
}

/** A machine that takes notes; `answers` says how commands end, by their words. */
function fakeMachine(
  changes: Partial<ServiceMachine> = {},
  answers: Readonly<Record<string, CommandOutput>> = {},
): ServiceMachine & Notes {
  const files = new Map<string, string>();
  const commands: string[] = [];
  return {
    platform: "linux",
    isRoot: true,
    home: "/home/ada",
    configHome: null,
    files,
    commands,
    read: (path) => files.get(path) ?? null,
    write: (path, text) => {
      files.set(path, text);
      return success(null);
    },
    remove: (path) => {
      files.delete(path);
      return success(null);
    },
    run: async (command) => {
      commands.push(command.join(" "));
      return answers[command.join(" ")] ?? { code: 0, output: "" };
    },
    ...changes,
  };
}

async function install(scope: ServiceScope, machine: ServiceMachine) {
  const steps = installSteps(packagedUnit(scope), machine);
  return steps.ok ? takeSteps(steps.value, machine) : steps;
}

describe("installing the service", () => {
  test("writes the unit, then lets systemd read, enable and start it", async () => {
    const machine = fakeMachine();
    expect(await install("system", machine)).toEqual(success(null));
    expect(machine.files.get("/etc/systemd/system/lodestar.service")).toBe(renderUnit(packagedUnit("system")));
    expect(machine.commands).toEqual([
      "systemctl daemon-reload",
      "systemctl enable lodestar.service",
      "systemctl restart lodestar.service",
    ]);
  });

  test("for a user speaks to the user's own manager", async () => {
    const machine = fakeMachine({ isRoot: false });
    await install("user", machine);
    expect([...machine.files.keys()]).toEqual(["/home/ada/.config/systemd/user/lodestar.service"]);
    expect(machine.commands.every((command) => command.startsWith("systemctl --user "))).toBe(true);
  });

  test("honours XDG_CONFIG_HOME", () => {
    const machine = fakeMachine({ configHome: "/home/ada/settings" });
    expect(unitPath("user", machine)).toBe("/home/ada/settings/systemd/user/lodestar.service");
  });

  test("again changes nothing but the unit and restarts", async () => {
    const machine = fakeMachine();
    await install("system", machine);
    await install("system", machine);
    expect(machine.files.size).toBe(1);
  });

  test.each(["/home/ada/bin/lodestar", "/root/lodestar", "/tmp/x/lodestar"])(
    "a system service refuses the binary %s, which it could not see",
    (binary) => {
      const steps = installSteps({ ...packagedUnit("system"), binary }, fakeMachine());
      expect(steps.ok ? "" : steps.error.code).toBe("service_path_hidden");
      expect(installSteps({ ...packagedUnit("user"), binary }, fakeMachine()).ok).toBe(true);
    },
  );

  test("stops at the step that fails and names it", async () => {
    const output = "Failed to enable unit: access denied";
    const machine = fakeMachine({}, { "systemctl enable lodestar.service": { code: 1, output } });
    const done = await install("system", machine);
    expect(done.ok ? "" : done.error.message).toBe(`"systemctl enable lodestar.service" failed: ${output}`);
    expect(machine.commands).not.toContain("systemctl restart lodestar.service");
  });

  test("says why a unit could not be written", async () => {
    const done = await install("system", fakeMachine({ write: () => failure("EROFS: read-only file system") }));
    expect(done.ok ? "" : done.error.message).toContain("write /etc/systemd/system/lodestar.service");
    expect(done.ok ? "" : done.error.message).toContain("EROFS");
  });

  test("says so where there is no systemctl", async () => {
    const done = await install("system", fakeMachine({ run: async () => ({ code: null, output: "" }) }));
    expect(done.ok ? "" : done.error.message).toContain("there is no such program");
  });
});

describe("where the service can be set up", () => {
  test.each([
    ["linux", true, "system", null],
    ["linux", false, "user", null],
    ["linux", false, "system", "service_needs_root"],
    ["darwin", true, "system", "service_needs_systemd"],
    ["win32", false, "user", "service_needs_systemd"],
  ] as const)("on %s (root: %p) as %s", (platform, isRoot, scope, code) => {
    expect(objection(scope, fakeMachine({ platform, isRoot }))?.code ?? null).toBe(code);
  });

  test("on macOS the way is named that works there", () => {
    expect(objection("user", fakeMachine({ platform: "darwin" }))?.fix).toContain("launchd");
  });
});

describe("removing the service", () => {
  test("stops it, removes the unit and forgets it", async () => {
    const machine = fakeMachine();
    await install("system", machine);
    machine.commands.length = 0;
    const steps = uninstallSteps("system", machine);
    expect(steps.ok && steps.value.map(describeStep)).toEqual([
      "systemctl disable --now lodestar.service",
      "remove /etc/systemd/system/lodestar.service",
      "systemctl daemon-reload",
    ]);
    expect(steps.ok && (await takeSteps(steps.value, machine)).ok).toBe(true);
    expect(machine.files.size).toBe(0);
  });

  test("goes on where systemd no longer knows it", async () => {
    const gone = { code: 5, output: "Unit lodestar.service not loaded." };
    const machine = fakeMachine({}, { "systemctl disable --now lodestar.service": gone });
    await install("system", machine);
    const steps = uninstallSteps("system", machine);
    expect(steps.ok && (await takeSteps(steps.value, machine)).ok).toBe(true);
    expect(machine.files.size).toBe(0);
  });

  test("that is not there says so", () => {
    const steps = uninstallSteps("user", fakeMachine());
    expect(steps.ok ? "" : steps.error.code).toBe("service_not_installed");
  });
});

describe("the state of the service", () => {
  test("is what systemd says", async () => {
    const machine = fakeMachine(
      {},
      {
        "systemctl is-active lodestar.service": { code: 3, output: "failed\n" },
        "systemctl is-enabled lodestar.service": { code: 0, output: "enabled\n" },
      },
    );
    await install("system", machine);
    const unit = "/etc/systemd/system/lodestar.service";
    expect(await readStatus("system", machine)).toEqual({
      scope: "system",
      unit,
      active: "failed",
      enabled: "enabled",
    });
  });

  test.each([
    ["there is no systemctl", { code: null, output: "systemctl is not on PATH" }],
    ["the manager does not answer", { code: 1, output: "Failed to connect to bus: No medium found" }],
  ])("is unknown where %s", async (_title, answer) => {
    const machine = fakeMachine({ run: async () => answer });
    const status = await readStatus("user", machine);
    expect(status).toEqual({ scope: "user", unit: null, active: "unknown", enabled: "unknown" });
  });
});
