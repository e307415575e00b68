import type { EvidenceSink } from "../core/evidence.ts";
import type { ClientError } from "../core/fault.ts";
import type { JsonObject } from "../core/json.ts";
import type { Result } from "../core/result.ts";
import type { Caller } from "../gateway/call.ts";
import type { LocalModels } from "../gateway/local-models.ts";
import type { Services } from "../gateway/services.ts";
import type { Ledger, ResponseStore } from "../stores/ports.ts";
import type { Admission } from "./admission.ts";
import type { Keyring } from "./identify.ts";
import type { SessionProjects } from "./session-projects.ts";

/** A request body, read and bounded. */
export interface ApiBody {
  readonly text: string;
  readonly json: JsonObject;
}

/** Whether a request may go on now. `headers` tell the client what its key has left. */
export interface Entry {
  /** Gives the place back; or why there is none. */
  readonly outcome: Result<() => void, ClientError>;
  readonly headers: Readonly<Record<string, string>>;
}

/** All that the API surface sees of the program; filled by the composition root. */
export interface ApiContext {
  readonly services: Services;
  readonly keyring: Keyring;
  readonly sessions: SessionProjects;
  readonly ledger: Ledger;
  /** Kept answers of the Responses API; null where their file cannot be used. */
  readonly responses: ResponseStore | null;
  readonly evidence: EvidenceSink;
  readonly local: LocalModels;
  /** Host, Origin and size checks before anything else. */
  admit(request: Request): Admission;
  /** The refusal of an address that tried too many wrong keys, or null. */
  guessWait(address: string): ClientError | null;
  /** Notes a refused credential of an address, to slow guessing down. */
  rejected(address: string): void;
  /** Notes a right credential of an address: its wrong ones before are forgiven. */
  trusted(address: string): void;
  readBody(request: Request): Promise<Result<ApiBody, ClientError>>;
  mintRequestId(): string;
  /** False while starting or draining. */
  isReady(): boolean;
  /** Takes a place among the requests in flight and counts against the key's rates, or says why not now. */
  enter(caller: Pick<Caller, "keyId" | "limits">, address: string): Entry;
}
