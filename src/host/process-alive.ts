import { errorCode, readIfPresent } from "./private-file.ts";

/** Whether a process with this id runs. One of another user counts; one that has ended but was not reaped does not. */
export function isProcessAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
  return process.platform !== "linux" || !isZombie(pid);
}

/** The state letter follows the last parenthesis of `/proc/<pid>/stat` (proc(5)); `Z` has ended, `X` is ending. */
function isZombie(pid: number): boolean {
  try {
    const stat = readIfPresent(`/proc/${pid}/stat`) ?? "";
    return /^\) [ZX]/.test(stat.slice(stat.lastIndexOf(")")));
  } catch {
    return false;
  }
}
