import { dlopen, type FFIFunction, type Library } from "bun:ffi";
import { existsSync, readFileSync } from "node:fs";

/**
 * The only files that are ever loaded with dlopen: the C library by absolute path, since a bare name is searched in the
 * working folder. musl's loader is its C library; on macOS the file lives in the loader's cache and not on disk.
 */
export const LIBC_PATHS: Readonly<Record<"glibc" | "musl" | "darwin", readonly string[]>> = {
  glibc: [
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/aarch64-linux-gnu/libc.so.6",
    "/usr/lib64/libc.so.6",
    "/lib64/libc.so.6",
    "/usr/lib/libc.so.6",
  ],
  musl: ["/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-aarch64.so.1"],
  darwin: ["/usr/lib/libSystem.B.dylib"],
};

/** The candidates for this process, in order; loading the wrong C library of a machine that has two would crash. */
export function libcCandidates(platform: NodeJS.Platform, ownMappings: string): readonly string[] {
  if (platform === "darwin") return LIBC_PATHS.darwin;
  if (platform !== "linux") return [];
  return (ownMappings.includes("/ld-musl-") ? LIBC_PATHS.musl : LIBC_PATHS.glibc).filter((path) => existsSync(path));
}

function ownMappings(): string {
  if (process.platform !== "linux") return "";
  try {
    return readFileSync("/proc/self/maps", "utf8");
  } catch {
    return "";
  }
}

/** Loads functions of the C library, or null where there is none we know (Windows, unusual distributions). */
export function openLibc<Functions extends Record<string, FFIFunction>>(
  functions: Functions,
): Library<Functions> | null {
  for (const path of libcCandidates(process.platform, ownMappings())) {
    const library = tryOpen(path, functions);
    if (library !== null) return library;
  }
  return null;
}

function tryOpen<Functions extends Record<string, FFIFunction>>(
  path: string,
  functions: Functions,
): Library<Functions> | null {
  try {
    return dlopen(path, functions);
  } catch {
    return null;
  }
}
