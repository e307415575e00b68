import { FFIType } from "bun:ffi";
import { openLibc } from "./libc.ts";

/** Tells the service manager how this daemon fares (sd_notify(3)). Every method does nothing where there is none. */
export interface ServiceNotifier {
  /** Serving: `systemctl start` returns. */
  ready(status: string): void;
  /** Draining: no longer counted as up. */
  stopping(status: string): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  /** Alive; to be sent at least every `watchdogMs`. */
  watchdog(): void;
  /** How often a sign of life is expected, halved as sd_watchdog_enabled(3) advises; null when none is. */
  readonly watchdogMs: number | null;
}

type Send = (state: string) => void;

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
/** `sun_path` of unix(7) holds 108 bytes. */
const PATH_BYTES = 108;

/**
 * The notifier for this environment: `NOTIFY_SOCKET` names a datagram socket, a path or (with `@`) an abstract name. Linux
 * only. The variables are not passed on to children by this function; a caller that spawns strips them.
 */
export function createNotifier(env: Readonly<Record<string, string | undefined>> = process.env): ServiceNotifier {
  const send = senderTo(env.NOTIFY_SOCKET ?? "");
  return {
    ready: (status) => send(`READY=1\nSTATUS=${oneLine(status)}`),
    stopping: (status) => send(`STOPPING=1\nSTATUS=${oneLine(status)}`),
    status: (text) => send(`STATUS=${oneLine(text)}`),
    watchdog: () => send("WATCHDOG=1"),
    watchdogMs: watchdogMsOf(env),
  };
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, " ");
}

function watchdogMsOf(env: Readonly<Record<string, string | undefined>>): number | null {
  const microseconds = Number(env.WATCHDOG_USEC);
  const isOurs = env.WATCHDOG_PID === undefined || Number(env.WATCHDOG_PID) === process.pid;
  return isOurs && microseconds > 0 ? Math.floor(microseconds / 2000) : null;
}

/** `struct sockaddr_un`: the family as a native 16-bit number, then the path; abstract names start with a zero byte. */
function socketAddress(name: string): Buffer | null {
  const path = Buffer.from(name.startsWith("@") ? `\0${name.slice(1)}` : name);
  if (!/^[@/]/.test(name) || path.length >= PATH_BYTES) return null;
  const family = Buffer.from(new Uint16Array([AF_UNIX]).buffer);
  return Buffer.concat([family, path]);
}

function senderTo(name: string): Send {
  const address = process.platform === "linux" ? socketAddress(name) : null;
  const libc = address === null ? null : openSocketFunctions();
  if (address === null || libc === null) return () => undefined;
  const { socket, sendto, close } = libc.symbols;
  return (state) => {
    const descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return;
    const message = Buffer.from(state);
    sendto(descriptor, message, message.length, MSG_NOSIGNAL, address, address.length);
    close(descriptor);
  };
}

function openSocketFunctions() {
  return openLibc({
    socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    sendto: {
      args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32, FFIType.ptr, FFIType.u32],
      returns: FFIType.i64,
    },
    close: { args: [FFIType.i32], returns: FFIType.i32 },
  });
}
