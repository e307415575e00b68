import type { Environment } from "../terminal/terminal.ts";
import type { BackendInputs, DaemonFlags } from "./backend.ts";
import type { CliHost, Flags } from "./command.ts";

/** `--json`: data as JSON on stdout. */
export const jsonFlag = {
  json: { type: "boolean", alias: "j", description: "print JSON instead of text" },
} as const;

/** Which daemon, state directory and configuration a command means. */
export const daemonFlags = {
  url: { type: "string", valueHint: "URL", env: "LODESTAR_URL", description: "the daemon to talk to" },
  stateDir: {
    type: "string",
    valueHint: "DIR",
    env: "LODESTAR_STATE_DIR",
    description: "state directory of the daemon",
  },
  config: { type: "string", valueHint: "FILE", env: "LODESTAR_CONFIG", description: "configuration file" },
} as const;

/** Which ledger rows a report is about. */
export const filterFlags = {
  from: { type: "string", valueHint: "TIME", description: "first moment: a day (2026-11-22), an ISO time or Unix ms" },
  to: { type: "string", valueHint: "TIME", description: "last day, or the moment before which to stop" },
  provider: { type: "string", valueHint: "ID", description: "only this provider" },
  model: { type: "string", valueHint: "NAME", description: "only this model, by its name at the provider" },
  project: { type: "string", valueHint: "NAME", description: "only this project" },
  key: { type: "string", valueHint: "ID", description: "only this client key" },
  session: { type: "string", valueHint: "ID", description: "only this client session" },
  tag: { type: "string", valueHint: "TAG", description: "only requests with this x-lodestar-tag" },
  task: { type: "string", valueHint: "CLASS", description: "only requests with this x-lodestar-task" },
  file: { type: "string", valueHint: "PATH", description: "only requests with this x-lodestar-file" },
  client: { type: "string", valueHint: "NAME", description: "only this client program, as it names itself" },
  state: {
    type: "enum",
    options: ["final", "aborted", "estimated", "failed", "refused", "hit", "streaming", "reserved"],
    description: "only attempts in this state",
  },
} satisfies Flags;

type FilterArgs = Readonly<Partial<Record<Exclude<keyof typeof filterFlags, "from" | "to">, string | undefined>>>;

/** The parsed values of {@link daemonFlags}. */
export interface DaemonArgs {
  readonly url?: string | undefined;
  readonly stateDir?: string | undefined;
  readonly config?: string | undefined;
}

/** What the composition root needs to know of a command line. */
export function inputsOf(
  host: Pick<CliHost, "version"> & { readonly environment: Environment },
  args: DaemonArgs,
  more: DaemonFlags = {},
): BackendInputs {
  const flags: DaemonFlags = {
    ...more,
    ...(args.stateDir === undefined ? {} : { stateDir: args.stateDir }),
    ...(args.config === undefined ? {} : { config: args.config }),
  };
  return { flags, environment: host.environment, version: host.version };
}

/** The parsed values of {@link filterFlags}, its span apart. */
export function filterArgs(args: FilterArgs): FilterArgs {
  const { provider, model, project, key, session, tag, task, file, client, state } = args;
  return { provider, model, project, key, session, tag, task, file, client, state };
}

/** The query string of the filters that were given. */
export function filterQuery(args: Readonly<Record<string, string | number | undefined>>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(args)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query;
}
