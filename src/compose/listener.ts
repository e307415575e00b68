import { failure, type Result, success } from "../core/result.ts";

/** One listening port. */
export interface Listener {
  readonly url: string;
  readonly port: number;
  /** Requests being answered, streams included. */
  pending(): number;
  /** Takes no new connections; resolves when the last request ended. */
  drain(): Promise<void>;
  /** Ends everything at once. */
  close(): Promise<void>;
}

/** Answers one request; `address` is the peer's. */
export type Answerer = (request: Request, peer: { readonly address: string }) => Response | Promise<Response>;

/** How a port is opened. */
export interface ListenOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Bun refuses a larger body by itself, before any code of ours and without a word. */
  readonly maxBodyBytes: number;
  readonly answer: Answerer;
  /** A throw that no handler caught: told here, and answered with a plain 500. */
  readonly broken: (error: Error) => void;
}

/** The host as it stands in a URL. */
function urlHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

/** Opens a port. The error is `taken`, or why it cannot be opened at all. */
export function listen(
  options: ListenOptions,
): Result<Listener, { readonly isTaken: boolean; readonly message: string }> {
  try {
    const server = Bun.serve({
      hostname: options.host,
      port: options.port,
      idleTimeout: 0,
      development: false,
      // Without this two servers of one user may share a port, and requests go to either.
      reusePort: false,
      maxRequestBodySize: options.maxBodyBytes,
      fetch: (request, self) =>
        options.answer(request, {
          get address() {
            return self.requestIP(request)?.address ?? "";
          },
        }),
      error(error) {
        options.broken(error);
        return new Response("internal error\n", { status: 500 });
      },
    });
    const port = server.port ?? options.port;
    return success({
      url: `http://${urlHost(options.host)}:${port}`,
      port,
      pending: () => server.pendingRequests,
      drain: () => server.stop(),
      close: () => server.stop(true),
    });
  } catch (error) {
    return failure({ isTaken: isTaken(error), message: error instanceof Error ? error.message : String(error) });
  }
}
