import { open } from "node:fs/promises";
import { freemem } from "node:os";

const PIECE_BYTES = 4 * 1024 * 1024;
/** Part of the machine's free memory that a file may take. */
const SHARE = 0.5;

/**
 * Reads a file once, so that the operating system has it in memory when somebody else opens it. False: it is too large for
 * the memory that is free, cannot be read, or `signal` broke it off.
 */
export async function readIntoPageCache(path: string, signal: AbortSignal): Promise<boolean> {
  const file = await open(path).catch(() => null);
  if (file === null) return false;
  try {
    const { size } = await file.stat();
    if (size > freemem() * SHARE) return false;
    const piece = new Uint8Array(PIECE_BYTES);
    for (let at = 0; at < size; at += PIECE_BYTES) {
      if (signal.aborted) return false;
      await file.read(piece, 0, PIECE_BYTES, at);
    }
    return true;
  } finally {
    await file.close();
  }
}
