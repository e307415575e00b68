import { readFileSync } from "node:fs";

/** What decides which file of a release fits a machine. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** Runs musl instead of glibc (Alpine). */
  readonly isMusl: boolean;
  readonly hasAvx2: boolean;
}

const SYSTEMS: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: "linux",
  darwin: "darwin",
  win32: "windows",
};

/** Files of a release besides the plain `<system>-<arch>` ones. */
const MACHINES = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "windows-x64"];

/** Name of the release file for a machine, e.g. `lodestar-linux-x64-musl`; null where none is made. */
export function assetName(machine: Machine): string | null {
  const name = `${SYSTEMS[machine.platform]}-${machine.arch}`;
  if (!MACHINES.includes(name)) return null;
  if (machine.platform === "win32") return `lodestar-${name}.exe`;
  if (machine.platform !== "linux") return `lodestar-${name}`;
  const libc = machine.isMusl ? "-musl" : "";
  const level = machine.arch === "x64" && !machine.hasAvx2 ? "-baseline" : "";
  return `lodestar-${name}${libc}${level}`;
}

function readProc(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** The machine this process runs on. Where Linux does not show its processor, the build for older ones is taken. */
export function thisMachine(): Machine {
  const isLinux = process.platform === "linux";
  return {
    platform: process.platform,
    arch: process.arch,
    isMusl: isLinux && readProc("/proc/self/maps").includes("/ld-musl-"),
    hasAvx2: !isLinux || /\bavx2\b/.test(readProc("/proc/cpuinfo")),
  };
}
