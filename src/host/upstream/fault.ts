import type { Fault } from "../../core/fault.ts";
import { errorCode } from "../private-file.ts";

/** Whether an abort reason, or anything else, is a fault already. */
function isFault(value: unknown): value is Fault {
  return typeof value === "object" && value !== null && "kind" in value && "message" in value;
}

/** What an aborted signal means: the fault it was aborted with, else that the client left. */
export function faultOfAbort(signal: AbortSignal): Fault {
  return isFault(signal.reason) ? signal.reason : { kind: "client-left", message: "The client left." };
}

const RESET_CODES = new Set(["ECONNRESET", "EPIPE", "ConnectionClosed"]);

/** Whether a connection broke, as a half-open one does that was kept for reuse. */
export function isReset(error: unknown): boolean {
  return RESET_CODES.has(errorCode(error));
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there. Is it running, and is its base URL right?",
  ConnectionRefused: "nothing listens there. Is it running, and is its base URL right?",
  ENOTFOUND: "the host name is unknown. Check the base URL and this machine's DNS.",
  EAI_AGAIN: "the name could not be resolved just now. Check this machine's network.",
  ECONNRESET: "it closed the connection before it answered.",
  EPIPE: "it closed the connection before it answered.",
  ENETUNREACH: "this machine has no route to it. Check its network.",
  EHOSTUNREACH: "this machine has no route to it. Check its network.",
  ETIMEDOUT: "the connection timed out.",
  EPROTO: "the TLS handshake failed. Does it speak https on this port?",
  EMFILE: "this process has no file descriptors left. Raise its limit (LimitNOFILE, ulimit -n).",
  ENFILE: "this machine has no file descriptors left.",
};

const CERTIFICATE = /CERT|SELF_SIGNED|TLS|UNABLE_TO|ISSUER/;

/** The fault of a request that failed before its headers. `place` is the origin only: a URL may hold a key. */
export function faultOfFetch(error: unknown, place: string): Fault {
  const code = errorCode(error);
  if (/malformed|invalid.*(http|header|response)|parse/i.test(code)) {
    return { kind: "garbage", message: `${place} did not answer in HTTP (${code}).` };
  }
  if (CERTIFICATE.test(code)) {
    const fix = "Behind a company proxy, name its certificate in NODE_EXTRA_CA_CERTS.";
    return { kind: "connect", message: `No connection to ${place}: its certificate is not trusted (${code}). ${fix}` };
  }
  const reason = REASONS[code] ?? "the connection failed.";
  return { kind: "connect", message: `No connection to ${place}: ${reason}${code === "" ? "" : ` (${code})`}` };
}

/** The fault of a body that broke off, or could not be decompressed. */
export function faultOfBody(error: unknown, place: string): Fault {
  const code = errorCode(error);
  if (/zlib|brotli|zstd|decompress|inflate|Z_/i.test(code)) {
    return { kind: "garbage", message: `${place} sent a body that cannot be decompressed (${code}).` };
  }
  return {
    kind: "truncated",
    message: `${place} broke off in the middle of its answer${code === "" ? "" : ` (${code})`}.`,
  };
}
