import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { failure, type Result, success } from "../core/result.ts";
import { errorCode, errorText } from "../host/private-file.ts";
import { PROJECT_FILE } from "./project-file.ts";

/** A project file that was written, and where the one before it is. */
export interface CreatedProject {
  readonly file: string;
  readonly backup: string | null;
}

/** Why none was written. */
export interface CreationFault {
  readonly code: "file_exists" | "cannot_write";
  readonly message: string;
  readonly fix: string;
}

/** Everybody who may read the repository may read it: it holds no secret. */
const FILE_MODE = 0o644;

function writeWhole(path: string, text: string): void {
  const handle = openSync(path, "wx", FILE_MODE);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Gives a file a second name, which must be free; a copy where the file system knows no links. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (errorCode(error) === "EEXIST" || errorCode(error) === "ENOENT") throw error;
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
}

/** Puts the new file in the place of the old one, which keeps its content under another name. */
function replace(temporary: string, file: string): string | null {
  const backup = existsSync(file) ? `${file}.bak` : null;
  if (backup !== null) {
    rmSync(backup, { force: true });
    linkOrCopy(file, backup);
  }
  renameSync(temporary, file);
  return backup;
}

/**
 * Writes a project's own file whole or not at all. One that is there already is never overwritten, also if it came between;
 * with `isForced` it is kept as `.bak`.
 */
export function createProjectFile(
  folder: string,
  text: string,
  isForced: boolean,
): Result<CreatedProject, CreationFault> {
  const file = join(folder, PROJECT_FILE);
  const temporary = `${file}.${process.pid}.new`;
  try {
    rmSync(temporary, { force: true });
    writeWhole(temporary, text);
    if (isForced) return success({ file, backup: replace(temporary, file) });
    linkOrCopy(temporary, file);
    return success({ file, backup: null });
  } catch (error) {
    if (errorCode(error) === "EEXIST") {
      const fix = "lodestar project init --force keeps it as .bak";
      return failure({ code: "file_exists", message: `${file} is there already`, fix });
    }
    const message = `${file} cannot be written: ${errorText(error)}`;
    return failure({ code: "cannot_write", message, fix: "choose another place with --folder" });
  } finally {
    rmSync(temporary, { force: true });
  }
}
