import { readFileSync } from "node:fs";

/** Ticks of `/proc/<pid>/stat` a second: USER_HZ, 100 on every Linux that Bun runs on (proc(5)). */
const TICKS_PER_SECOND = 100;
/** Fields 14 and 15 of proc(5), counted from the third, which follows the name in parentheses. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;

/** CPU milliseconds, user and system, in the text of `/proc/<pid>/stat`. Threads that ended count too. */
export function cpuMsIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) * 1000) / TICKS_PER_SECOND;
}

/** Resident bytes in the text of `/proc/<pid>/status`. */
export function residentBytesIn(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** A process and its children, who serve for it (nginx has workers). */
function family(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(family)];
}

function sumOver(pid: number, file: string, read: (text: string) => number): number {
  return family(pid).reduce((sum, member) => sum + read(readFileSync(`/proc/${member}/${file}`, "utf8")), 0);
}

/** CPU milliseconds that a process and its children have used so far. */
export function cpuMsOf(pid: number): number {
  return sumOver(pid, "stat", cpuMsIn);
}

/** Resident bytes of a process and its children; pages that they share count for each. */
export function residentBytesOf(pid: number): number {
  return sumOver(pid, "status", residentBytesIn);
}
