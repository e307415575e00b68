import { failure, type Result, success } from "../../core/result.ts";

/** What a release says of itself: its version, and the SHA-256 of each of its files (lower-case hex). */
export interface ReleaseIndex {
  readonly version: string;
  readonly sums: ReadonlyMap<string, string>;
}

const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/;
const SUM_LINE = /^([0-9a-f]{64}) [ *]([\w.-]+)$/;

/** Whether a text is a version such as `1.2.3` or `1.2.3-beta.1`. */
export function isVersion(text: string): boolean {
  return VERSION.test(text);
}

/** Compares parts of a pre-release as Semantic Versioning 2.0.0, section 11, says: numbers by value, below words. */
function comparePart(left: string, right: string): number {
  const [isLeftNumber, isRightNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
  if (isLeftNumber && isRightNumber) return Number(left) - Number(right);
  if (isLeftNumber !== isRightNumber) return isLeftNumber ? -1 : 1;
  return left < right ? -1 : Number(left > right);
}

function comparePreRelease(left: string | undefined, right: string | undefined): number {
  if (left === right) return 0;
  if (left === undefined) return 1;
  if (right === undefined) return -1;
  const [lefts, rights] = [left.split("."), right.split(".")];
  for (const [index, part] of lefts.entries()) {
    const other = rights[index];
    if (other === undefined) return 1;
    const order = comparePart(part, other);
    if (order !== 0) return order;
  }
  return lefts.length - rights.length;
}

/** Negative, zero or positive as the first version is older, the same or newer (Semantic Versioning 2.0.0 precedence). */
export function compareVersions(left: string, right: string): number {
  const [lefts, rights] = [VERSION.exec(left) ?? [], VERSION.exec(right) ?? []];
  for (const index of [1, 2, 3]) {
    const order = Number(lefts[index]) - Number(rights[index]);
    if (order !== 0) return order;
  }
  return comparePreRelease(lefts[4], rights[4]);
}

/** Reads the files `VERSION` and `SHA256SUMS` (the format of sha256sum(1)); the failure says what is wrong with which. */
export function readIndex(versionText: string, sumsText: string): Result<ReleaseIndex, string> {
  const version = versionText.trim();
  if (!isVersion(version)) return failure(`its VERSION says "${version.slice(0, 40)}", which is no version`);
  const sums = new Map<string, string>();
  for (const line of sumsText.split("\n").filter((one) => one.trim() !== "")) {
    const [, digest, file] = SUM_LINE.exec(line.trimEnd()) ?? [];
    if (digest === undefined || file === undefined)
      return failure(`its SHA256SUMS has a bad line: "${line.slice(0, 80)}"`);
    sums.set(file, digest);
  }
  return success({ version, sums });
}
