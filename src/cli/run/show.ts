import type { JsonObject } from "../../core/json.ts";
import { readEvents, readPatch } from "../../features/repair/store.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatTime } from "../../terminal/format.ts";
import { plainText } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { locate } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { findRun } from "./find.ts";
import { patchLines } from "./words.ts";

/** Longest value of an event that is shown; `--json` has all of it. */
const LONGEST = 160;

function valueWords(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const plain = plainText(text ?? "");
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}

function eventLine(event: JsonObject, now: number): string {
  const { event: name, at, patch: _, ...facts } = event;
  const words = Object.entries(facts)
    .filter(([, value]) => value !== "" && value !== null)
    .map(([key, value]) => `${key}=${valueWords(value)}`);
  return [formatTime(Number(at), now), String(name).padEnd(10), ...words].join("  ");
}

export const command = defineCommand({
  meta: {
    name: "show",
    description: "The transcript of a run that failed, and the patch that was found",
    examples: [["lodestar run show", "the latest"]],
  },
  args: {
    id: { type: "positional", required: false, description: "the run, as `run list` names it" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const location = await locate(host, args);
    if (!location.ok) return location.error;
    const found = findRun(location.value.stateDir, args.id, () => true, "no run failed yet");
    if (!found.ok) return found.error;
    const events = readEvents(found.value);
    for (const event of events) host.terminal.out(args.json ? JSON.stringify(event) : eventLine(event, host.now()));
    const patch = args.json ? null : readPatch(found.value);
    for (const line of patchLines(patch ?? "", host.terminal.style)) if (patch !== null) host.terminal.out(line);
    return EXIT_CODES.ok;
  },
});
