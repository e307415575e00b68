import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { isJsonObject, parseJson } from "../../core/json.ts";
import { readIfPresent, writePrivateFile } from "../../host/private-file.ts";
import { isProcessAlive } from "../../host/process-alive.ts";
import type { Client, LaunchPlan, Place, Target, Variables } from "./client.ts";

/** What a launch notes of itself, for the next one to tidy up after a kill. */
export interface LaunchNote {
  readonly pid: number;
  /** The client key that was made for this launch alone. */
  readonly keyId: string | null;
}

const NOTE = "launch.json";

function launchesFolder(stateDir: string): string {
  return join(stateDir, "launch");
}

/** A folder of this launch alone, 0700, below the state directory. Its name is the session's. */
export function openLaunchFolder(stateDir: string): { readonly session: string; readonly folder: string } {
  const session = randomUUID();
  const folder = join(launchesFolder(stateDir), session);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  noteLaunch(folder, { pid: process.pid, keyId: null });
  return { session, folder };
}

/** Notes who owns a launch folder, before anything else that must be tidied up exists. */
export function noteLaunch(folder: string, note: LaunchNote): void {
  writePrivateFile(join(folder, NOTE), JSON.stringify(note));
}

function readNote(folder: string): LaunchNote | null {
  const json = parseJson(readIfPresent(join(folder, NOTE)) ?? "");
  if (!isJsonObject(json) || typeof json.pid !== "number") return null;
  return { pid: json.pid, keyId: typeof json.keyId === "string" ? json.keyId : null };
}

/** Removes what a launch left. Links into the user's own folders go, what they lead to stays. */
export function removeLaunchFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Launches whose process is gone: their folders, and the keys that still have to be revoked. */
export function deadLaunches(stateDir: string): readonly { readonly folder: string; readonly keyId: string | null }[] {
  const root = launchesFolder(stateDir);
  if (!existsSync(root)) return [];
  return readdirSync(root).flatMap((name) => {
    const folder = join(root, name);
    const note = readNote(folder);
    return note !== null && isProcessAlive(note.pid) ? [] : [{ folder, keyId: note?.keyId ?? null }];
  });
}

/** Links everything of the user's folder into the launch's, except what the launch brings itself. */
function mirror(plan: LaunchPlan, folder: string): void {
  if (plan.mirror === undefined || !existsSync(plan.mirror.from)) return;
  const { from, name } = plan.mirror;
  mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  const own = new Set(plan.files.map((file) => file.name));
  for (const entry of readdirSync(from)) {
    if (!own.has(`${name}/${entry}`)) symlinkSync(join(from, entry), join(folder, name, entry));
  }
}

function writeFiles(plan: LaunchPlan, folder: string): void {
  mirror(plan, folder);
  for (const { name, text } of plan.files) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writePrivateFile(path, text);
  }
}

/** Writes what a client needs into a launch folder, 0600; null where it cannot be run so. Throws when the disk refuses. */
export function prepareLaunch(client: Client, target: Target, place: Place, folder: string): LaunchPlan | null {
  const plan = client.launch(target, place, folder, readIfPresent);
  if (plan !== null) writeFiles(plan, folder);
  return plan;
}

/** The environment of a launched client: the user's, with the plan's variables in it and without those that it takes away. */
export function launchEnvironment(environment: Variables, plan: LaunchPlan): Record<string, string> {
  const all = Object.entries({ ...environment, ...plan.environment });
  return Object.fromEntries(all.filter((pair): pair is [string, string] => typeof pair[1] === "string"));
}
