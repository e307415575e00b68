import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StatusView } from "../../src/core/admin-view.ts";
import type { LodestarEvent } from "../../src/core/event.ts";
import type { LedgerRow } from "../../src/core/ledger.ts";
import { eventually } from "../support/eventually.ts";
import { binaryPath } from "./binary.ts";

/** How one command line ended. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a daemon is started with. */
export interface StartOptions {
  /** Text of a configuration file. */
  readonly config?: string;
  /** Variables besides `PATH` and a `HOME` of its own; Ollama is pointed at a closed port unless `OLLAMA_HOST` is here. */
  readonly env?: Readonly<Record<string, string>>;
  /** Words after `serve --json`. */
  readonly args?: readonly string[];
  /** Use what an earlier daemon left. */
  readonly home?: string;
  readonly cwd?: string;
  /** Where the state lies, if not in `home`. */
  readonly stateDir?: string;
  /** Words before the binary: a program that becomes it in the end. */
  readonly within?: readonly string[];
}

/** A compiled daemon as a process of its own, with a home and a state directory of its own. */
export interface RunningLodestar {
  readonly apiUrl: string;
  readonly adminUrl: string;
  readonly stateDir: string;
  readonly pid: number;
  /** The folder that is its `HOME`; holds `config.yaml` and `state`. */
  readonly home: string;
  readonly configFile: string;
  /** What `serve --json` printed after the ready line. */
  readonly events: readonly LodestarEvent[];
  readonly exited: Promise<number>;
  stderr(): string;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and its exit code. */
  stop(): Promise<number>;
  /** SIGKILL, and waits for its end. */
  kill(): Promise<void>;
  /** Another command of the same binary on the same state. */
  cli(...words: readonly string[]): Promise<CliResult>;
  /** `costs query --json`, oldest first. */
  rows(): Promise<readonly LedgerRow[]>;
  /** `status --json`. */
  status(): Promise<StatusView>;
  /** The events of settled attempts, once there are `count`. */
  settled(count: number): Promise<readonly Extract<LodestarEvent, { event: "settled" }>[]>;
}

const CLOSED_PORT = "127.0.0.1:9";
const temporary: string[] = [];
const running = new Set<RunningLodestar>();

/** A folder that {@link stopLodestars} removes. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-real-"));
  temporary.push(folder);
  return folder;
}

/** The environment of every process here: nothing of the real one but `PATH`. */
export function plainEnvironment(home: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: home, OLLAMA_HOST: CLOSED_PORT, NO_COLOR: "1", ...more };
}

/** Runs one command line of the compiled binary to its end. */
export async function runLodestar(
  words: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string; readonly stdin?: string } = {},
): Promise<CliResult> {
  const home = options.env?.HOME ?? temporaryFolder();
  const child = Bun.spawn([await binaryPath(), ...words], {
    env: plainEnvironment(home, options.env),
    cwd: options.cwd ?? home,
    stdin: options.stdin === undefined ? "ignore" : new Blob([options.stdin]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, stdout, stderr };
}

/** Calls `take` with each line of a stream as it comes. */
async function readLines(stream: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(take);
  }
}

interface Child {
  readonly process: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly lines: readonly string[];
  stderr(): string;
}

function spawnServe(command: readonly string[], env: Record<string, string>, cwd: string): Child {
  const process = Bun.spawn([...command], { env, cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const lines: string[] = [];
  const words: string[] = [];
  void readLines(process.stdout, (line) => lines.push(line));
  void readLines(process.stderr, (line) => words.push(line));
  return { process, lines, stderr: () => words.join("\n") };
}

interface Ready {
  readonly apiUrl: string;
  readonly adminUrl: string;
  readonly stateDir: string;
}

async function readyLine(child: Child): Promise<Ready> {
  const line = await eventually(
    "the ready line",
    () => {
      if (child.process.exitCode !== null) throw new Error(`serve ended early:\n${child.stderr()}`);
      return child.lines[0];
    },
    20_000,
  );
  return JSON.parse(line) as Ready;
}

/** Starts `serve --json` on free ports and waits for its ready line; fails with its words when it ends before. */
export async function startLodestar(options: StartOptions = {}): Promise<RunningLodestar> {
  const home = options.home ?? temporaryFolder();
  const stateDir = options.stateDir ?? join(home, "state");
  const configFile = join(home, "config.yaml");
  if (options.config !== undefined) await Bun.write(configFile, options.config);
  const hasConfig = await Bun.file(configFile).exists();
  const place = [`--state-dir=${stateDir}`, ...(hasConfig ? [`--config=${configFile}`] : [])];
  const env = plainEnvironment(home, options.env);
  const ports = ["--port=0", "--admin-port=0"].filter(
    (port) => !(options.args ?? []).some((word) => word.startsWith(port.slice(0, -1))),
  );
  const command = [
    ...(options.within ?? []),
    await binaryPath(),
    "serve",
    "--json",
    ...ports,
    ...place,
    ...(options.args ?? []),
  ];
  const child = spawnServe(command, env, options.cwd ?? home);
  const ready = await readyLine(child);
  const lodestar = handleOf(child, ready, { home, configFile, env, place });
  running.add(lodestar);
  return lodestar;
}

interface Setting {
  readonly home: string;
  readonly configFile: string;
  readonly env: Record<string, string>;
  readonly place: readonly string[];
}

function eventsOf(lines: readonly string[]): readonly LodestarEvent[] {
  return lines.slice(1).map((line) => JSON.parse(line) as LodestarEvent);
}

function handleOf(child: Child, ready: Ready, { home, configFile, env, place }: Setting): RunningLodestar {
  const { exited, pid } = child.process;
  const cli = (...words: readonly string[]) => runLodestar([...words, ...place], { env, cwd: home });
  const read = async (...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli(...words);
    if (code !== 0) throw new Error(`lodestar ${words.join(" ")} ended with ${code}: ${stderr}`);
    return stdout;
  };
  const handle: RunningLodestar = {
    ...ready,
    home,
    configFile,
    pid,
    exited,
    cli,
    stderr: child.stderr,
    get events() {
      return eventsOf(child.lines);
    },
    signal: (name) => child.process.kill(name),
    async stop() {
      child.process.kill("SIGTERM");
      return exited;
    },
    async kill() {
      child.process.kill("SIGKILL");
      await exited;
    },
    async rows() {
      const lines = (await read("costs", "query", "--json")).split("\n").filter((line) => line !== "");
      const rows = lines.map((line) => JSON.parse(line) as LedgerRow);
      return rows.sort((left, right) => left.startedAt - right.startedAt || left.attempt - right.attempt);
    },
    status: async () => JSON.parse(await read("status", "--json")) as StatusView,
    settled: (count) =>
      eventually(`${count} settled attempts`, () => {
        const found = eventsOf(child.lines).filter((event) => event.event === "settled");
        return found.length >= count && found;
      }),
  };
  void exited.then(() => running.delete(handle));
  return handle;
}

/** Ends every daemon that a test left running and removes the temporary folders; for `afterEach` or `afterAll`. */
export async function stopLodestars(): Promise<void> {
  await Promise.all([...running].map((lodestar) => lodestar.kill()));
  for (const folder of temporary.splice(0)) rmSync(folder, { recursive: true, force: true });
}
