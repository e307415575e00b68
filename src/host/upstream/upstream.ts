import type { Fault } from "../../core/fault.ts";
import type { Result } from "../../core/result.ts";

/** One call to a provider. */
export interface UpstreamRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  /** Ends the call at once, before and after the headers. Aborted with a {@link Fault} it means that one, else that the client left. */
  readonly signal: AbortSignal;
  /** From the start of the call, in milliseconds. */
  readonly deadlines: { readonly connectMs: number; readonly headersMs: number };
  /** On the user's own machine or network: never through a proxy. */
  readonly isLocal: boolean;
}

/** The body of a reply, chunk by chunk; `value` is absent at the end. */
export interface ChunkReader {
  read(): Promise<{ readonly value?: Uint8Array | undefined }>;
}

/** A reply whose headers have come, with any status but a redirect's. Its body is read once, by `reader` or `text`, or cancelled. */
export interface UpstreamReply {
  readonly status: number;
  /** A header's value by its lower-case name. */
  header(name: string): string | null;
  /** Pull-based: nothing is read ahead of the caller beyond the socket's buffers. Rejections become faults by `faultOf`. */
  reader(): ChunkReader;
  /** The whole body as text; a fault when it breaks off, is no UTF-8, or exceeds `maxBytes`. `touched` is called for every chunk, unless it is announced as short. */
  text(maxBytes: number, touched?: () => void): Promise<Result<string, Fault>>;
  /** Closes the connection at once. */
  cancel(): void;
  /** What a rejected read means. */
  faultOf(error: unknown): Fault;
}

/** The one function through which providers are called. Expected failures are values; it never rejects. */
export type SendUpstream = (request: UpstreamRequest) => Promise<Result<UpstreamReply, Fault>>;
