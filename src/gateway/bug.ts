import type { Fault } from "../core/fault.ts";
import type { Log } from "../host/log/log.ts";

/** A bug of ours as a fault: the client gets the request id, the log the stack. Never held against a provider. */
export function bugFault(error: unknown, requestId: string, log: Log): Fault {
  const stack = error instanceof Error ? error.stack : String(error);
  log.write("error", "a request broke", { requestId, stack });
  return {
    kind: "internal",
    message: "Lodestar met a bug of its own; the log has the details under this request id.",
  };
}
