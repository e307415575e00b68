import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonObject, parseJson } from "../../core/json.ts";
import { readIfPresent, writePrivateFile } from "../../host/private-file.ts";
import { isProcessAlive } from "../../host/process-alive.ts";
import type { ChangedFile } from "./apply.ts";
import type { RunEvent } from "./event.ts";

/** What a run changed in the user's tree, written before it is changed. */
export interface RunRecord {
  readonly version: 1;
  readonly root: string;
  /** `undone`: the originals are back. */
  readonly state: "applied" | "undone";
  readonly files: readonly ChangedFile[];
}

/** Where what is known of one run lies. */
export interface RunPlace {
  readonly id: string;
  /** Its events, one JSON object a line. */
  readonly transcript: string;
  /** Originals, patch and record. */
  readonly folder: string;
  readonly originals: string;
}

/** So many runs are kept; the oldest go first. */
const MOST_RUNS = 200;
const ID = /^\d{8}-\d{6}-[0-9a-f]{4}$/;

/** A name for a run that sorts by time. */
function newRunId(now: number): string {
  const stamp = new Date(now).toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  return `${stamp}-${randomBytes(2).toString("hex")}`;
}

function runsFolder(stateDir: string): string {
  return join(stateDir, "runs");
}

/** Where a run lies; null where the word is no name of a run. */
export function placeOfRun(stateDir: string, id: string): RunPlace | null {
  if (!ID.test(id)) return null;
  const folder = join(runsFolder(stateDir), id);
  return { id, transcript: `${folder}.ndjson`, folder, originals: join(folder, "originals") };
}

/** Names of the runs that are kept, latest first. */
export function listRuns(stateDir: string): readonly string[] {
  const folder = runsFolder(stateDir);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(".ndjson"));
  return names
    .map((name) => name.slice(0, -".ndjson".length))
    .filter((id) => ID.test(id))
    .toSorted()
    .toReversed();
}

/** The folder in which this process makes its copies. Its name tells the next run whether anybody still uses it. */
export function workFolder({ folder }: RunPlace): string {
  return join(folder, `work-${process.pid}`);
}

/** Removes copies that a killed run left behind: they are as large as projects. */
function sweepCopies(stateDir: string): void {
  for (const path of new Bun.Glob("*/work-*").scanSync({ cwd: runsFolder(stateDir), onlyFiles: false })) {
    const pid = Number(path.slice(path.lastIndexOf("-") + 1));
    if (!isProcessAlive(pid)) rmSync(join(runsFolder(stateDir), path), { recursive: true, force: true });
  }
}

/** Makes place for a run, and forgets the oldest. */
export function openRun(stateDir: string, now: number): RunPlace {
  const place = placeOfRun(stateDir, newRunId(now));
  if (place === null) throw new Error("a run's own name is not one");
  mkdirSync(runsFolder(stateDir), { recursive: true, mode: 0o700 });
  sweepCopies(stateDir);
  for (const old of listRuns(stateDir).slice(MOST_RUNS - 1)) {
    rmSync(join(runsFolder(stateDir), old), { recursive: true, force: true });
    rmSync(join(runsFolder(stateDir), `${old}.ndjson`), { force: true });
  }
  return place;
}

/** Appends an event to a run's transcript, 0600. */
export function keepEvent(place: RunPlace, event: RunEvent & { readonly at: number }): void {
  appendFileSync(place.transcript, `${JSON.stringify(event)}\n`, { mode: 0o600 });
}

/** The events of a run, as they were written; lines that are none are left out. */
export function readEvents(place: RunPlace): readonly (JsonObject & { readonly event: string })[] {
  const lines = (readIfPresent(place.transcript) ?? "").split("\n").map(parseJson).filter(isJsonObject);
  return lines.flatMap((line) => (typeof line.event === "string" ? [{ ...line, event: line.event }] : []));
}

/** Writes what a run changes, or that it was taken back. */
export function writeRunRecord(place: RunPlace, record: RunRecord): void {
  mkdirSync(place.folder, { recursive: true, mode: 0o700 });
  writePrivateFile(join(place.folder, "record.json"), `${JSON.stringify(record, null, 2)}\n`);
}

/** What a run changed; null where it changed nothing. Trusted: only this program writes there. */
export function readRunRecord(place: RunPlace): RunRecord | null {
  const json = parseJson(readIfPresent(join(place.folder, "record.json")) ?? "");
  if (!isJsonObject(json) || json.version !== 1 || !Array.isArray(json.files)) return null;
  return json as unknown as RunRecord;
}

/** Forgets what {@link writeRunRecord} wrote: nothing of it was done. */
export function forgetRunRecord(place: RunPlace): void {
  rmSync(join(place.folder, "record.json"), { force: true });
}

function patchFile({ folder }: RunPlace): string {
  return join(folder, "repair.patch");
}

/** Keeps the patch that a run proposes, and names its file. */
export function keepPatch(place: RunPlace, patch: string): string {
  mkdirSync(place.folder, { recursive: true, mode: 0o700 });
  writePrivateFile(patchFile(place), patch);
  return patchFile(place);
}

/** The patch that a run proposed; null where it had none. */
export function readPatch(place: RunPlace): string | null {
  return readIfPresent(patchFile(place));
}
