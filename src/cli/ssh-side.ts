import type { Result } from "../core/result.ts";
import type { SshBox, SshTarget } from "../core/ssh-address.ts";
import type { CliProblem } from "../terminal/problem.ts";
import type { Environment } from "../terminal/terminal.ts";

/** Of a command line: whose ssh and whose known hosts are meant. */
interface SshInputs {
  readonly flags: { readonly stateDir?: string };
  readonly environment: Environment;
  readonly version: string;
}

/** A port behind a box, reachable through a socket of this machine until it is closed. */
export interface BoxTunnel {
  readonly socket: string;
  /** What ssh says of a call that failed just now; null where it says nothing. */
  explain(): Promise<CliProblem | null>;
  close(): void;
}

/** What the account on a box can read of the Lodestar there. */
export interface BoxDaemon {
  /** Null where there is none that the account may read. */
  readonly adminToken: string | null;
  readonly apiPort: number | null;
  readonly adminPort: number | null;
}

/** The key of a box, and whether it was accepted before: this very one, another, or none. */
export interface BoxKey {
  readonly type: string;
  readonly fingerprint: string;
  readonly known: "same" | "other" | "none";
  /** Takes it for good from now on. */
  accept(): Result<void, CliProblem>;
}

/** What the command line does by SSH, through the composition root. */
export interface SshSide {
  openTunnel(
    inputs: SshInputs,
    box: SshBox,
    target: SshTarget,
    signal: AbortSignal,
  ): Promise<Result<BoxTunnel, CliProblem>>;
  readDaemon(inputs: SshInputs, box: SshBox, signal: AbortSignal): Promise<Result<BoxDaemon, CliProblem>>;
  askKey(inputs: SshInputs, box: SshBox, signal: AbortSignal): Promise<Result<BoxKey, CliProblem>>;
}
