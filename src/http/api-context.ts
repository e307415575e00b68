import type { ClientError } from "../core/fault.ts";
import type { JsonObject } from "../core/json.ts";
import type { Result } from "../core/result.ts";
import type { LocalModels } from "../gateway/local-models.ts";
import type { Services } from "../gateway/services.ts";
import type { ApiKey, Ledger } from "../stores/ports.ts";
import type { Keyring } from "./identify.ts";

/** A request body, read and bounded. */
export interface ApiBody {
  readonly text: string;
  readonly json: JsonObject;
}

/** All that the API surface sees of the program; filled by the composition root. */
export interface ApiContext {
  readonly services: Services;
  readonly keyring: Keyring;
  readonly ledger: Ledger;
  readonly local: LocalModels;
  /** Host, Origin, header and rate checks before anything else; the response of a refusal, or null. `address` is the peer's. */
  admit(request: Request, address: string): ClientError | null;
  /** Headers for browsers whose Origin is allowed. */
  corsHeaders(request: Request): Readonly<Record<string, string>>;
  /** Notes a refused credential of an address, to slow guessing down. */
  rejected(address: string): void;
  readBody(request: Request): Promise<Result<ApiBody, ClientError>>;
  mintRequestId(): string;
  /** False while starting or draining. */
  isReady(): boolean;
  /** Takes a place among the requests in flight; the returned function gives it back. Null when there is none. */
  enter(key: ApiKey["id"] | null, address: string): (() => void) | null;
}
