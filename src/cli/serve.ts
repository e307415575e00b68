import type { LodestarEvent } from "../core/event.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { Daemon, DaemonFlags, ReadyRecord } from "./backend.ts";
import { type CliHost, defineCommand, type Outcome, type SignalName } from "./command.ts";
import { eventLine, explainTakenPort, readyLines, showSummary } from "./serve-words.ts";
import { inputsOf } from "./shared-flags.ts";

interface ServeArgs extends DaemonFlags {
  readonly json: boolean;
  readonly detach: boolean;
}

function flagsOf(args: { readonly [Name in keyof ServeArgs]?: ServeArgs[Name] | undefined }): DaemonFlags {
  const { host, port, adminPort, stateDir, config, logLevel } = args;
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(adminPort === undefined ? {} : { adminPort }),
    ...(stateDir === undefined ? {} : { stateDir }),
    ...(config === undefined ? {} : { config }),
    ...(logLevel === undefined ? {} : { logLevel }),
  };
}

/** The words of a `serve` with these flags. */
export function serveArguments(flags: DaemonFlags): readonly string[] {
  const names: readonly (readonly [string, string | number | undefined])[] = [
    ["--host", flags.host],
    ["--port", flags.port],
    ["--admin-port", flags.adminPort],
    ["--state-dir", flags.stateDir],
    ["--config", flags.config],
    ["--log-level", flags.logLevel],
  ];
  return ["serve", ...names.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))];
}

/** Says that a detached daemon serves. */
export function showDetached(ready: ReadyRecord, stateDirWords: string, terminal: Terminal, isJson: boolean): void {
  if (isJson) {
    terminal.out(JSON.stringify({ event: "ready", ...ready }));
    return;
  }
  terminal.out(`API    ${ready.apiUrl}`);
  terminal.out(`admin  ${ready.adminUrl}`);
  terminal.talk(`running in the background with pid ${ready.pid}${stateDirWords}; lodestar logs -f, lodestar stop`);
}

function readyEvent(daemon: Daemon, host: CliHost): string {
  const { apiUrl, adminUrl, stateDir } = daemon;
  return JSON.stringify({ event: "ready", apiUrl, adminUrl, stateDir, version: host.version, pid: process.pid });
}

/** What a person who watches the terminal is told of; the rest is in the log. */
const LOUD: ReadonlySet<LodestarEvent["event"]> = new Set(["draining", "config", "fallback", "health", "budget"]);

function announce(daemon: Daemon, host: CliHost, isJson: boolean): () => void {
  const { terminal } = host;
  if (isJson) {
    terminal.out(readyEvent(daemon, host));
    return daemon.subscribe((event) => {
      if (event.event !== "ready") terminal.out(JSON.stringify(event));
    });
  }
  showSummary(daemon, terminal, host.now());
  for (const line of readyLines(daemon, terminal.style)) terminal.out(line);
  return daemon.subscribe((event) => {
    const line = LOUD.has(event.event) ? eventLine(event) : null;
    if (line !== null) terminal.talk(line);
  });
}

/** Serves until a signal or the admin API ends it. The first signal drains, a second one ends it at once. */
async function serveUntilStopped(daemon: Daemon, host: CliHost): Promise<Outcome> {
  let isAborted = false;
  let first: SignalName | null = null;
  const stopListening = host.onSignal((name) => {
    if (name === "SIGHUP" && !host.terminal.isOutTty) {
      void daemon.reload();
      return;
    }
    if (first !== null) {
      host.terminal.talk("stopping at once");
      isAborted = true;
      daemon.abort();
      return;
    }
    first = name;
    if (name === "SIGINT") host.terminal.talk("stopping; once more ends it at once");
    void daemon.stop(name);
  });
  await daemon.closed;
  stopListening();
  return first === "SIGINT" || isAborted ? EXIT_CODES.interrupted : EXIT_CODES.ok;
}

export const command = defineCommand({
  meta: {
    name: "serve",
    description: "Start the gateway: the API on port 4000, the admin page on port 8080",
    group: "Run",
    examples: [
      ["lodestar serve", "finds Ollama and keys in the environment; needs no file"],
      ["lodestar serve --port 4100 --detach", "another port, in the background"],
    ],
    notes: [
      "SIGTERM or Ctrl-C lets open answers finish within the drain deadline; a second one ends it at once. SIGHUP reads the configuration again. Secrets never go on the command line: use the environment, lodestar provider add, or a file.",
    ],
  },
  args: {
    host: {
      type: "string",
      valueHint: "ADDRESS",
      env: "LODESTAR_HOST",
      description: "address to listen on; anything but loopback needs a client key first (default 127.0.0.1)",
    },
    port: { type: "string", value: "port", env: "LODESTAR_PORT", description: "API port (default 4000)" },
    adminPort: {
      type: "string",
      value: "port",
      env: "LODESTAR_ADMIN_PORT",
      description: "admin port (default 8080, or the next free one)",
    },
    stateDir: {
      type: "string",
      valueHint: "DIR",
      env: "LODESTAR_STATE_DIR",
      description: "where ledger, keys and logs lie",
    },
    config: {
      type: "string",
      valueHint: "FILE",
      env: "LODESTAR_CONFIG",
      description: "configuration file; none is needed",
    },
    logLevel: {
      type: "enum",
      options: ["debug", "info", "warn", "error"],
      env: "LODESTAR_LOG_LEVEL",
      description: "how much goes to the log (default info)",
    },
    detach: { type: "boolean", alias: "d", description: "run in the background" },
    json: { type: "boolean", alias: "j", description: "print the ready line and every event as NDJSON" },
  },
  async run({ args, ...host }) {
    const flags = flagsOf(args);
    const backend = await host.backend();
    const inputs = inputsOf(host, args, flags);
    if (args.detach) {
      const started = await backend.detach(inputs, serveArguments(flags));
      if (!started.ok) return explainTakenPort(started.error);
      showDetached(started.value, "", host.terminal, args.json);
      return EXIT_CODES.ok;
    }
    await backend.raiseFetchCap();
    const daemon = await backend.startDaemon(inputs);
    if (!daemon.ok) return explainTakenPort(daemon.error);
    const unsubscribe = announce(daemon.value, host, args.json);
    const outcome = await serveUntilStopped(daemon.value, host);
    unsubscribe();
    if (!args.json) host.terminal.talk("stopped");
    return outcome;
  },
});
