import { afterEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Check, check } from "../../src/cli/doctor/check.ts";
import { checkDatabases } from "../../src/cli/doctor/databases.ts";
import { checkGpu } from "../../src/cli/doctor/gpu.ts";
import { checkClock, checkDescriptors, checkMemory, checkModelSpace } from "../../src/cli/doctor/machine.ts";
import { checkCertificates, checkProxies, inspectClock, skewOf } from "../../src/cli/doctor/network.ts";
import {
  checkOllama,
  inspectOllama,
  listeningAddresses,
  type OllamaFacts,
  readAddress,
  settingsInUnit,
} from "../../src/cli/doctor/ollama.ts";
import { repairAll } from "../../src/cli/doctor/repair.ts";
import { checkClientKeys, checkUnits } from "../../src/cli/doctor/setup.ts";
import { checkSpace, checkStateDir } from "../../src/cli/doctor/state.ts";
import type { KeyView, StatusView } from "../../src/core/admin-view.ts";
import { type GpuReading, type GpuView, gpuView, noGpu } from "../../src/core/gpu/gpu.ts";
import { NO_LIMITS } from "../../src/core/key-limits.ts";
import type { ServiceMachine } from "../../src/features/service/manage.ts";
import { packagedUnit, renderUnit } from "../../src/features/service/unit.ts";
import { createTerminal } from "../../src/terminal/terminal.ts";
import { NOON } from "../http/admin-world.ts";
import { createCliWorlds, type RunOptions } from "./harness.ts";

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const makeWorld = createCliWorlds();
const servers: { stop(isHard: boolean): void }[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.stop(true);
});

function folder(): string {
  return mkdtempSync(join(tmpdir(), "lodestar-doctor-"));
}

/** The state and name of each line, and that all that is not fine has a fix. */
function verdicts(checks: readonly Check[]): readonly string[] {
  for (const { state, fix } of checks) if (state === "warning" || state === "bad") expect(fix).toBeTruthy();
  return checks.map(({ state, name }) => `${state} ${name}`);
}

function words(checks: readonly Check[]): string {
  return checks.map(({ message, fix }) => `${message} | ${fix ?? ""}`).join("\n");
}

describe("an Ollama server", () => {
  const facts = (more: Partial<OllamaFacts>): OllamaFacts => ({
    ...{ provider: "ollama", url: "http://127.0.0.1:11434", version: "0.24.0", listens: ["127.0.0.1"], settings: {} },
    ...more,
  });
  const expected = { contextTokens: 8192, vramBytes: 4 * GIB };

  test("that is fine has three lines and no complaint", () => {
    expect(verdicts(checkOllama(facts({}), expected))).toEqual([
      "ok ollama version",
      "ok ollama binding",
      "ok ollama settings",
    ]);
  });

  test.each<[string, Partial<OllamaFacts>, string, string]>([
    ["is too old", { version: "0.9.6" }, "warning ollama version", "0.10.0 or newer"],
    ["is far too old", { version: "v0.1.33-rc1" }, "warning ollama version", "0.10.0 or newer"],
    ["does not tell its version", { version: null }, "warning ollama version", "is it an Ollama"],
    ["listens to everybody", { listens: ["0.0.0.0"] }, "warning ollama binding", "OLLAMA_HOST=127.0.0.1"],
    ["listens to everybody by IPv6", { listens: ["::1", "::"] }, "warning ollama binding", "delete its models"],
    [
      "answers several at once on a small card",
      { settings: { OLLAMA_NUM_PARALLEL: "4" } },
      "warning ollama settings",
      "4 contexts",
    ],
    [
      "holds one model",
      { settings: { OLLAMA_MAX_LOADED_MODELS: "1" } },
      "info ollama settings",
      "every change of model is a load",
    ],
    ["drops models at once", { settings: { OLLAMA_KEEP_ALIVE: "0" } }, "warning ollama settings", "one answer"],
    [
      "drops models at once, in words",
      { settings: { OLLAMA_KEEP_ALIVE: "0s" } },
      "warning ollama settings",
      "one answer",
    ],
    [
      "never drops models",
      { settings: { OLLAMA_KEEP_ALIVE: "-1" } },
      "warning ollama settings",
      "never leaves the card",
    ],
    ["has another context", { settings: { OLLAMA_CONTEXT_LENGTH: "4096" } }, "info ollama settings", "set it to 8192"],
    [
      "lets any web page in",
      { settings: { OLLAMA_ORIGINS: "http://a, *" } },
      "warning ollama settings",
      "any web page",
    ],
    ["has a short queue", { settings: { OLLAMA_MAX_QUEUE: "4" } }, "info ollama settings", "refuses with 503"],
    ["cannot be looked into", { settings: null }, "info ollama settings", "another user"],
  ])("that %s is told so, with a fix", (_what, more, verdict, phrase) => {
    const checks = checkOllama(facts(more), expected);
    expect(verdicts(checks)).toContain(verdict);
    expect(words(checks)).toContain(phrase);
  });

  test.each<Record<string, string>>([
    { OLLAMA_NUM_PARALLEL: "1" },
    { OLLAMA_KEEP_ALIVE: "5m" },
    { OLLAMA_KEEP_ALIVE: "0h30m" },
    { OLLAMA_CONTEXT_LENGTH: "8192" },
    { OLLAMA_MAX_LOADED_MODELS: "2" },
    { OLLAMA_MAX_QUEUE: "512" },
    { OLLAMA_NUM_PARALLEL: "" },
  ])("is not blamed for %p", (settings) => {
    expect(verdicts(checkOllama(facts({ settings }), expected))).toContain("ok ollama settings");
  });

  test("several answers at once are no matter on a large card or without one", () => {
    const many = facts({ settings: { OLLAMA_NUM_PARALLEL: "4" } });
    for (const vramBytes of [24 * GIB, null]) {
      expect(verdicts(checkOllama(many, { ...expected, vramBytes }))).toContain("ok ollama settings");
    }
  });

  test("on this machine is seen from outside: version, address and settings of its process", async () => {
    const server = Bun.serve({ port: 0, hostname: "0.0.0.0", fetch: () => Response.json({ version: "0.24.0" }) });
    servers.push(server);
    const url = `http://127.0.0.1:${server.port}`;
    const seen = await inspectOllama({ provider: "ollama", url, isReachable: true, models: [] });
    expect(seen.version).toBe("0.24.0");
    if (process.platform === "linux") expect(seen.listens).toEqual(["0.0.0.0"]);
    expect(seen.settings).not.toBeNull();
  });

  test("that is none, or on another machine, is asked for its version only", async () => {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("<html>") });
    servers.push(server);
    const at = (url: string) => inspectOllama({ provider: "o", url, isReachable: true, models: [] });
    expect((await at(`http://127.0.0.1:${server.port}`)).version).toBeNull();
    expect(await at("http://box.invalid:11434")).toMatchObject({ version: null, listens: [], settings: {} });
  });

  test("addresses of the kernel's table are read in the machine's order", () => {
    expect(readAddress("0100007F")).toBe("127.0.0.1");
    expect(readAddress("00000000")).toBe("0.0.0.0");
    expect(readAddress("00000000000000000000000001000000")).toBe("::1");
    expect(readAddress("00000000000000000000000000000000")).toBe("::");
    const table = "  sl  local_address\n 0: 0100007F:2CAA 00000000:0000 0A 0\n 1: 00000000:2CAA 0100007F:1 01 0\n";
    expect(listeningAddresses(table, 11_434)).toEqual(["127.0.0.1"]);
  });

  test("settings of a unit are read as systemd quotes them", () => {
    const unit = `[Service]\nEnvironment="OLLAMA_HOST=0.0.0.0" 'OLLAMA_KEEP_ALIVE=-1'\nEnvironment=OLLAMA_NUM_PARALLEL=4 OLLAMA_ORIGINS="a b"\nEnvironment=PATH=/x\n`;
    expect(settingsInUnit(unit)).toEqual({
      OLLAMA_HOST: "0.0.0.0",
      OLLAMA_KEEP_ALIVE: "-1",
      OLLAMA_NUM_PARALLEL: "4",
      OLLAMA_ORIGINS: "a b",
    });
  });
});

describe("the graphics card", () => {
  const card = (more: Partial<GpuReading>): GpuReading => ({
    ...{ index: 0, id: "GPU-1", name: "NVIDIA T600", utilizationPercent: 0, memoryPercent: 0 },
    ...{ totalBytes: 4096 * MIB, usedBytes: 300 * MIB, reservedBytes: null, temperatureCelsius: 50, powerWatts: null },
    ...{ powerLimitWatts: null, clockMhz: null, memoryClockMhz: null, throttle: [], processes: [] },
    ...more,
  });
  const view = (more: Partial<GpuReading> = {}, driver = "550.54.15"): GpuView =>
    gpuView({ at: 0, source: "nvml", driver, cuda: "12.4", problem: null, gpus: [card(more)] }, null);
  const none = (problem: string): GpuView => gpuView(noGpu(0, problem), null);

  test.each<[string, GpuView, readonly string[], string]>([
    ["fine", view(), ["ok driver", "ok gpu 0"], "driver 550.54.15, CUDA 12.4"],
    ["absent", none("no NVIDIA driver is installed here"), ["info gpu"], "run on the processor"],
    ["without its driver", none("Driver Not Loaded (code 9)"), ["warning driver"], "modprobe nvidia"],
    [
      "under another driver than its library",
      none("Driver/library version mismatch (code 18)"),
      ["warning driver"],
      "restart the machine",
    ],
    ["closed to this user", none("Insufficient Permissions (code 4)"), ["warning driver"], "group that owns"],
    ["hanging", none("it said nothing for 20 s and was killed"), ["warning driver"], "restart the machine if it hangs"],
    ["old in its driver", view({}, "470.256.02"), ["warning driver", "ok gpu 0"], "silently uses the processor"],
    [
      "full of others",
      view({ usedBytes: 3000 * MIB, processes: [{ pid: 42, name: "/usr/bin/blender", memoryBytes: 2500 * MIB }] }),
      ["ok driver", "warning gpu 0"],
      "/usr/bin/blender (pid 42)",
    ],
    ["hot", view({ temperatureCelsius: 91 }), ["ok driver", "ok gpu 0", "warning gpu 0"], "91 °C"],
    [
      "held back",
      view({ throttle: ["thermal (hardware)"] }),
      ["ok driver", "ok gpu 0", "warning gpu 0"],
      "thermal (hardware)",
    ],
    ["at its power cap, as small ones are", view({ throttle: ["power cap"] }), ["ok driver", "ok gpu 0"], "4.0 GiB"],
    ["silent about its memory", view({ totalBytes: null }), ["ok driver", "info gpu 0"], "does not tell its memory"],
  ])("that is %s", (_what, given, expected, phrase) => {
    const checks = checkGpu(given);
    expect(verdicts(checks)).toEqual([...expected]);
    expect(words(checks)).toContain(phrase);
  });
});

describe("the machine", () => {
  const meminfo = (total: number, available: number, swap = 0, swapFree = swap): string =>
    `MemTotal: ${total * 1024} kB\nMemAvailable: ${available * 1024} kB\nSwapTotal: ${swap * 1024} kB\nSwapFree: ${swapFree * 1024} kB\n`;

  test.each<[string, string, readonly string[]]>([
    ["enough memory", meminfo(16_000, 9_000), ["ok memory"]],
    ["little memory and no swap", meminfo(8_000, 500), ["warning memory"]],
    ["little memory and room in swap", meminfo(8_000, 900, 4_000), ["ok memory"]],
    ["a full swap", meminfo(16_000, 1_500, 4_000, 1_000), ["warning memory"]],
    ["no such table", "", []],
  ])("with %s", (_what, text, expected) => {
    expect(verdicts(checkMemory(text))).toEqual([...expected]);
  });

  test.each<[string, readonly string[]]>([
    ["Max open files            1024                 1048576              files", ["warning open files"]],
    ["Max open files            65536                1048576              files", ["ok open files"]],
    ["Max open files            unlimited            unlimited            files", ["ok open files"]],
    ["", []],
  ])("with limits %p", (text, expected) => {
    expect(verdicts(checkDescriptors(text, true))).toEqual([...expected]);
  });

  test.each<[Parameters<typeof checkClock>[0], string]>([
    [{ skewMs: 400, against: "api.example", isSynchronized: null }, "ok clock"],
    [{ skewMs: 3_600_000, against: "api.example", isSynchronized: true }, "bad clock"],
    [{ skewMs: -90_000, against: "api.example", isSynchronized: true }, "bad clock"],
    [{ skewMs: null, against: null, isSynchronized: true }, "ok clock"],
    [{ skewMs: null, against: null, isSynchronized: false }, "warning clock"],
    [{ skewMs: null, against: null, isSynchronized: null }, "info clock"],
  ])("with a clock like %p", (facts, expected) => {
    expect(verdicts([checkClock(facts)])).toEqual([expected]);
  });

  test("with little or much room for models", () => {
    expect(verdicts(checkModelSpace("/m", 2 * GIB))).toEqual(["warning models' disk"]);
    expect(verdicts(checkModelSpace("/m", 20 * GIB))).toEqual(["ok models' disk"]);
    expect(checkModelSpace("/m", null)).toEqual([]);
  });
});

describe("the network", () => {
  test.each<[string, Record<string, string>, readonly string[]]>([
    ["no proxy", {}, []],
    [
      "a proxy that loopback goes around",
      { HTTPS_PROXY: "http://p:1", NO_PROXY: "localhost, 127.0.0.1" },
      ["info proxy"],
    ],
    ["a proxy around which all goes", { HTTPS_PROXY: "http://p:1", NO_PROXY: "*" }, ["info proxy"]],
    [
      "a proxy that catches loopback",
      { http_proxy: "http://p:1", NO_PROXY: "localhost" },
      ["info proxy", "warning proxy"],
    ],
    ["a proxy that is none", { ALL_PROXY: "socks5://p:1" }, ["bad proxy"]],
  ])("%s", (_what, environment, expected) => {
    expect(verdicts(checkProxies(environment))).toEqual([...expected]);
  });

  test("the fix for a proxy keeps the exceptions that are there", () => {
    expect(words(checkProxies({ HTTP_PROXY: "p:1", NO_PROXY: "corp.example" }))).toContain(
      "export NO_PROXY=corp.example,127.0.0.1,localhost",
    );
  });

  test("certificates that are named must be there and be some; trusting everybody is bad", () => {
    const at = folder();
    writeFileSync(join(at, "good.pem"), "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");
    writeFileSync(join(at, "key.pem"), "-----BEGIN PRIVATE KEY-----\n");
    const of = (environment: Record<string, string>) => verdicts(checkCertificates(environment));
    expect(of({})).toEqual([]);
    expect(of({ SSL_CERT_FILE: join(at, "good.pem") })).toEqual(["ok certificates"]);
    expect(of({ NODE_EXTRA_CA_CERTS: join(at, "none.pem") })).toEqual(["bad certificates"]);
    expect(of({ NODE_EXTRA_CA_CERTS: join(at, "key.pem") })).toEqual(["bad certificates"]);
    expect(of({ NODE_TLS_REJECT_UNAUTHORIZED: "0" })).toEqual(["bad certificates"]);
  });

  const statusWith = (baseUrl: string, hasKey = true): StatusView =>
    ({ providers: [{ isLocal: false, accounts: [{ hasKey }], baseUrl }] }) as unknown as StatusView;

  test("the clock is held against the Date of a provider that has a key, and no key is sent", async () => {
    const asked: (string | null)[][] = [];
    const serve = (request: Request): Response => {
      asked.push([request.method, request.headers.get("authorization"), new URL(request.url).pathname]);
      return new Response(null, { headers: { date: new Date(NOON).toUTCString() } });
    };
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: serve });
    servers.push(server);
    const facts = await inspectClock(statusWith(`http://127.0.0.1:${server.port}/v1`), () => NOON + 3_600_500);
    expect(facts).toMatchObject({ skewMs: 3_600_000, against: `127.0.0.1:${server.port}` });
    expect(asked).toEqual([["HEAD", null, "/"]]);
  });

  test.each([statusWith("http://127.0.0.1:1/v1"), statusWith("http://127.0.0.1:1/v1", false), statusWith("no url")])(
    "offline the clock is not compared, and nothing fails",
    async (status) => {
      expect(await inspectClock(status, () => NOON)).toMatchObject({ skewMs: null, against: null });
    },
  );

  test("a Date header is cut to its second: the middle counts", () => {
    expect(skewOf("Sun, 22 Nov 2026 12:00:00 GMT", Date.UTC(2026, 10, 22, 12), Date.UTC(2026, 10, 22, 12, 0, 1))).toBe(
      0,
    );
    expect(skewOf("nonsense", 0, 0)).toBeNull();
    expect(skewOf(null, 0, 0)).toBeNull();
  });
});

describe("keys of clients", () => {
  const key = (name: string, more: Partial<KeyView> = {}): KeyView => ({
    ...{ id: name, name, hint: "ls-…", project: null, createdAt: 0, lastUsedAt: null, models: [], limits: NO_LIMITS },
    ...{ expiresAt: null, revokedAt: null },
    ...more,
  });
  const past = { expiresAt: NOON - 1 };

  test.each<[string, readonly KeyView[], readonly string[]]>([
    ["none", [], []],
    ["none but revoked ones", [key("a", { revokedAt: 1, ...past })], []],
    ["lasting ones", [key("a"), key("b")], ["ok client keys"]],
    ["one that expired", [key("a"), key("b", past)], ["warning client keys"]],
    ["none that still works", [key("a", past), key("b", past)], ["bad client keys"]],
    ["one that ends within the week", [key("a", { expiresAt: NOON + 86_400_000 })], ["warning client keys"]],
  ])("%s", (_what, keys, expected) => {
    expect(verdicts(checkClientKeys(keys, NOON))).toEqual([...expected]);
  });
});

describe("systemd units", () => {
  const binary = process.execPath;
  const machine = (unit: string | null, active = "active", platform: NodeJS.Platform = "linux"): ServiceMachine => ({
    ...{ platform, isRoot: false, home: "/home/me", configHome: null },
    read: (path) => (path.startsWith("/home/me") ? unit : null),
    write: () => ({ ok: true, value: null }),
    remove: () => ({ ok: true, value: null }),
    run: async (command) => ({ code: 0, output: command.includes("is-active") ? active : "enabled" }),
  });
  const own = renderUnit({ ...packagedUnit("user"), binary });

  test.each<[string, ServiceMachine, readonly string[], string]>([
    ["none installed", machine(null), [], ""],
    ["one that runs", machine(own), ["ok user service"], "active, enabled"],
    ["one that failed", machine(own, "failed"), ["bad user service"], "journalctl"],
    [
      "one whose binary is gone",
      machine(own.replaceAll(binary, "/gone/lodestar")),
      ["bad user service"],
      "does not exist",
    ],
    [
      "one of an older version",
      machine(own.replace("Type=notify", "Type=simple")),
      ["warning user service"],
      "older version",
    ],
    ["one that starts nothing", machine("[Service]\n"), ["bad user service"], "starts nothing"],
    ["another system", machine(own, "active", "darwin"), [], ""],
  ])("%s", async (_what, given, expected, phrase) => {
    const checks = await checkUnits(given);
    expect(verdicts(checks)).toEqual([...expected]);
    expect(words(checks)).toContain(phrase);
  });
});

describe("mending", () => {
  test("that fails is told and left, and the others go on", async () => {
    const talked: string[] = [];
    const stderr = { write: (text: string) => void talked.push(text) };
    const terminal = createTerminal({ write: () => undefined }, stderr, { NO_COLOR: "1" });
    const done: string[] = [];
    const repairs = [
      { what: "lift the moon", run: () => Promise.reject(new Error("too heavy")) },
      { what: "sweep", run: () => void done.push("swept") },
    ];
    const checks = repairs.map((repair) => check("state", "warning", "it is there", "wait", repair));
    expect(await repairAll(checks, { terminal, stdin: { readAll: async () => "" } }, true)).toBe(1);
    expect([done, talked.join("")]).toEqual([["swept"], "could not lift the moon: too heavy\ndone: sweep\n"]);
  });
});

describe("a damaged database", () => {
  const found = (name: string, at: string) => [
    { file: join(at, name), isSound: false, message: "page 2 is malformed" },
  ];

  test.each(["ledger.db", "keys.db", "projects.db", "votes.db", "responses.db"])(
    "%s is wrong, and nothing but a backup mends it",
    (name) => {
      const checks = checkDatabases(found(name, "/state"), false);
      expect(verdicts(checks)).toEqual(["bad database"]);
      expect([checks[0]?.repair, checks[0]?.fix]).toEqual([undefined, expect.stringContaining("backup")]);
    },
  );

  test.each(["cache.db", "gpu.db", "health.db", "local.db", "routes.db"])(
    "%s is a warning; --fix sets it aside, once and again, but never under a daemon",
    async (name) => {
      const at = folder();
      const running = checkDatabases(found(name, at), true);
      expect([verdicts(running), running[0]?.repair]).toEqual([["warning database"], undefined]);
      expect(running[0]?.fix).toStartWith("lodestar stop, then lodestar doctor --fix");
      for (const text of ["first", "second"]) {
        for (const end of ["", "-wal", "-shm"]) writeFileSync(join(at, `${name}${end}`), text);
        await checkDatabases(found(name, at), false)[0]?.repair?.run();
      }
      expect(readdirSync(at).toSorted()).toEqual([`${name}.damaged`, `${name}.damaged2`]);
      expect(readFileSync(join(at, `${name}.damaged2`), "utf8")).toBe("second");
    },
  );

  test("one that is sound is fine", () => {
    expect(verdicts(checkDatabases([{ file: "/state/gpu.db", isSound: true, message: "sound" }], true))).toEqual([
      "ok database",
    ]);
  });
});

const nothing = async (): Promise<void> => undefined;
/** Above every `pid_max` of Linux. */
const DEAD_PID = 2 ** 22 + 1;

describe("the state directory", () => {
  test("is fine where it is private, and where it is not there yet", () => {
    const at = folder();
    expect(verdicts(checkStateDir(join(at, "none"), false, nothing))).toEqual(["info state"]);
    expect(verdicts(checkStateDir(at, false, nothing))).toEqual(["ok state", "ok disk"]);
  });

  test.each([
    [null, []],
    [512 * MIB, ["ok disk"]],
    [512 * MIB - 1, ["warning disk"]],
    [0, ["warning disk"]],
  ])("with %p bytes free on its disk: %j", (free, found) => {
    expect(verdicts(checkSpace(free))).toEqual(found);
  });

  test.skipIf(process.getuid?.() === 0)("that this user may not write is wrong (skipped for root, who may)", () => {
    const at = folder();
    chmodSync(at, 0o500);
    expect(verdicts(checkStateDir(at, false, nothing))).toEqual(["bad state"]);
    chmodSync(at, 0o700);
  });

  test("that others can read is told with the files, secrets too; mending makes them private and leaves the logs", async () => {
    const at = folder();
    mkdirSync(join(at, "secrets"), { mode: 0o700 });
    mkdirSync(join(at, "logs"), { mode: 0o755 });
    writeFileSync(join(at, "ledger.db"), "", { mode: 0o644 });
    writeFileSync(join(at, "secrets", "deepseek"), "sk-x", { mode: 0o640 });
    chmodSync(at, 0o755);
    const checks = checkStateDir(at, false, nothing);
    expect(verdicts(checks)).toEqual(["warning state", "warning state", "ok disk"]);
    expect(words(checks)).toContain(join(at, "secrets", "deepseek"));
    for (const { repair } of checks) await repair?.run();
    expect(verdicts(checkStateDir(at, false, nothing))).toEqual(["ok state", "ok disk"]);
    expect(statSync(join(at, "ledger.db")).mode & 0o777).toBe(0o600);
    expect(statSync(join(at, "logs")).mode & 0o777).toBe(0o755);
  });

  test("notes of a process that is gone are leftovers; those of one that lives are not", async () => {
    const at = folder();
    writeFileSync(join(at, "owner.json"), JSON.stringify({ pid: process.pid }), { mode: 0o600 });
    expect(verdicts(checkStateDir(at, true, nothing))).toEqual(["ok state", "ok disk"]);
    writeFileSync(join(at, "ready.json"), JSON.stringify({ pid: DEAD_PID }), { mode: 0o600 });
    const checks = checkStateDir(at, false, nothing);
    expect(verdicts(checks)).toEqual(["ok state", "ok disk", "warning leftovers"]);
    await checks.at(-1)?.repair?.run();
    expect([existsSync(join(at, "ready.json")), existsSync(join(at, "owner.json"))]).toEqual([false, true]);
  });

  test("a large write-ahead log is told where no daemon holds it, and folded in by opening the database", async () => {
    const at = folder();
    writeFileSync(join(at, "ledger.db-wal"), "", { mode: 0o600 });
    truncateSync(join(at, "ledger.db-wal"), 65 * MIB);
    let folded = 0;
    const checkpoint = async (): Promise<void> => {
      folded += 1;
    };
    expect(verdicts(checkStateDir(at, true, checkpoint))).toEqual(["ok state", "ok disk"]);
    const checks = checkStateDir(at, false, checkpoint);
    expect(verdicts(checks)).toContain("warning database");
    await checks.at(-1)?.repair?.run();
    expect(folded).toBe(1);
  });
});

describe("doctor", () => {
  /** A set-up that is fine, with everything of the machine that a test can choose in a folder of its own. */
  function open() {
    const provider = { DEEPSEEK_API_KEY: "sk-canary-4711", LODESTAR_DEEPSEEK_BASE_URL: "http://127.0.0.1:1/v1" };
    const world = makeWorld({ environment: provider });
    const home = folder();
    const environment = {
      ...provider,
      ...{ HOME: home, LODESTAR_STATE_DIR: world.stateDir, OLLAMA_HOST: "127.0.0.1:1" },
    };
    const go = (argv: readonly string[], more: RunOptions = {}) =>
      world.run(["doctor", ...argv], { ...more, environment: { ...environment, ...more.environment } });
    return { world, home, go };
  }

  const checksIn = (out: string) => (JSON.parse(out) as { checks: (Check & { canFix: boolean })[] }).checks;

  test("looks at every part: clock, card, memory, files, keys, ports, database among them", async () => {
    const { go } = open();
    const { out } = await go(["--json"]);
    const names = checksIn(out).map(({ name }) => name);
    for (const name of ["lodestar", "state", "disk", "daemon", "prices", "clock", "gpu"]) expect(names).toContain(name);
    expect(out).not.toContain("sk-canary-4711");
  });

  test("warnings alone end with 0; with something bad it ends with 1", async () => {
    const { world, go } = open();
    chmodSync(world.stateDir, 0o755);
    expect((await go(["--json"])).code).toBe(0);
    const { code, err } = await go([], { environment: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } });
    expect(code).toBe(1);
    expect(err).toContain("1 thing to mend");
  });

  test("a configuration that cannot be read is bad, whatever else there is to look at", async () => {
    const { home, go } = open();
    const config = join(home, "broken.yaml");
    writeFileSync(config, "server: [\n");
    const { code, out } = await go(["--json", "--config", config]);
    const bad = checksIn(out).filter(({ state }) => state === "bad");
    expect([code, bad.map(({ name, fix }) => [name, fix])]).toEqual([1, [["config", "lodestar config check"]]]);
    expect(bad[0]?.message).toContain("broken.yaml");
  });

  test("--fix mends what it may and looks again; without it the person is told that it could", async () => {
    const { world, go } = open();
    chmodSync(world.stateDir, 0o755);
    const before = await go([]);
    expect(before.err).toContain("lodestar doctor --fix");
    expect(statSync(world.stateDir).mode & 0o777).toBe(0o755);
    const { out, err } = await go(["--fix", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ mended: 1 });
    expect(err).toContain(`done: make ${world.stateDir} private`);
    expect(statSync(world.stateDir).mode & 0o777).toBe(0o700);
    expect((await go(["--fix"])).err).toContain("nothing was mended");
  });

  test("--fix asks a person first, and takes no for an answer", async () => {
    const { world, go } = open();
    chmodSync(world.stateDir, 0o755);
    const chunks = async function* (): AsyncGenerator<string> {
      yield "n\n";
    };
    const stdin = { isTTY: true, readAll: async () => "", setRawMode: () => undefined, chunks };
    const { err } = await go(["--fix"], { stdin });
    expect(err).toContain(`Shall I make ${world.stateDir} private? [y/N]`);
    expect(statSync(world.stateDir).mode & 0o777).toBe(0o755);
    await go(["--fix", "--yes"], { stdin });
    expect(statSync(world.stateDir).mode & 0o777).toBe(0o700);
  });

  test("a project file that is wrong is bad, in the folder where the command runs", async () => {
    const { home, go } = open();
    const folderWith = (text: string): Record<string, string> => {
      const at = mkdtempSync(join(home, "project-"));
      writeFileSync(join(at, ".lodestar.yaml"), text);
      return { PWD: at };
    };
    const before = process.cwd();
    const verdict = async (text: string): Promise<string> => {
      process.chdir(folderWith(text).PWD ?? "");
      const found = checksIn((await go(["--json"])).out).find(({ name }) => name === "project");
      return `${found?.state} ${found?.message}`;
    };
    try {
      expect(await verdict("name: web\n")).toContain("ok");
      expect(await verdict("name: [\n")).toContain("bad");
      expect(await verdict("nonsense: 1\n")).toContain("bad");
    } finally {
      process.chdir(before);
    }
  });

  test("a provider that was written down without a key is told", async () => {
    const { home, go } = open();
    const config = join(home, "config.yaml");
    writeFileSync(config, "providers:\n  mistral: {}\n");
    const found = checksIn((await go(["--json", "--config", config])).out).filter(({ name }) => name === "mistral");
    expect(found.some(({ state, fix }) => state === "warning" && fix === "lodestar provider add mistral")).toBe(true);
  });
});
