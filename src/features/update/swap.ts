import { chmodSync, copyFileSync, existsSync, linkSync, renameSync, rmSync } from "node:fs";
import { failure, type Result, success } from "../../core/result.ts";
import { errorCode, errorText } from "../../host/private-file.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";

/** Where the binary that was replaced is kept. */
export function previousPath(binary: string): string {
  return `${binary}.previous`;
}

function unwritable(binary: string, error: unknown): CliProblem {
  const isDenied = ["EACCES", "EPERM", "EROFS"].includes(errorCode(error));
  return failureProblem(
    "update_not_written",
    `${binary} could not be replaced: ${errorText(error)}. It is as it was`,
    isDenied
      ? "run the command as the user who owns that file"
      : "free some space or repair that folder, then run it again",
  );
}

/** A second name for a file, or a copy where the file system has no hard links. */
function keepAs(file: string, copy: string): void {
  rmSync(copy, { force: true });
  try {
    linkSync(file, copy);
  } catch {
    copyFileSync(file, copy);
  }
}

/** Renames over the target; a running Windows executable must be moved aside first, so there the old file becomes the previous one. */
function replace(made: string, binary: string, previous: string): void {
  if (process.platform === "win32") {
    rmSync(previous, { force: true });
    renameSync(binary, previous);
  } else {
    keepAs(binary, previous);
  }
  renameSync(made, binary);
}

/** Puts `made` in the place of `binary` in one step and keeps the old one as `.previous`. A process that runs keeps its file. */
export function placeBinary(made: string, binary: string): Result<string, CliProblem> {
  const previous = previousPath(binary);
  try {
    chmodSync(made, 0o755);
    replace(made, binary, previous);
    return success(previous);
  } catch (error) {
    rmSync(made, { force: true });
    return failure(unwritable(binary, error));
  }
}

/** Exchanges `binary` and its `.previous`, so that a second rollback undoes the first. */
export function rollBackBinary(binary: string): Result<string, CliProblem> {
  const previous = previousPath(binary);
  if (!existsSync(previous)) {
    return failure(
      failureProblem(
        "no_previous_binary",
        `there is nothing to roll back to: ${previous} does not exist`,
        "lodestar update --to VERSION fetches a certain version",
      ),
    );
  }
  const aside = `${binary}.${process.pid}.rollback`;
  try {
    renameSync(previous, aside);
    replace(aside, binary, previous);
    return success(binary);
  } catch (error) {
    if (existsSync(aside)) renameSync(aside, previous);
    return failure(unwritable(binary, error));
  }
}
