import { restoreChanges } from "../../features/repair/apply.ts";
import { keepEvent, readRunRecord, writeRunRecord } from "../../features/repair/store.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { failureProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { locate } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { findRun } from "./find.ts";

export const command = defineCommand({
  meta: {
    name: "undo",
    description: "Take an applied repair back: every file as it was, byte for byte",
    examples: [["lodestar run undo", "the latest that was applied"]],
    notes: ["Where a file was changed after the repair, nothing is changed, and the kept original is named."],
  },
  args: {
    id: { type: "positional", required: false, description: "the run, as `run list` names it" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const location = await locate(host, args);
    if (!location.ok) return location.error;
    const isApplied = (place: Parameters<typeof readRunRecord>[0]) => readRunRecord(place)?.state === "applied";
    const found = findRun(location.value.stateDir, args.id, isApplied, "no repair is applied");
    if (!found.ok) return found.error;
    const place = found.value;
    const record = readRunRecord(place);
    if (record === null)
      return failureProblem("nothing_applied", `run ${place.id} changed nothing`, "lodestar run list shows which did");
    if (record.state === "undone") return failureProblem("already_undone", `run ${place.id} was taken back before`);
    const wrong = restoreChanges(record.root, record.files, place.originals);
    if (wrong !== null) return wrong;
    writeRunRecord(place, { ...record, state: "undone" });
    const files = record.files.map(({ path }) => path);
    keepEvent(place, { event: "undone", files, at: host.now() });
    if (args.json) host.terminal.out(JSON.stringify({ run: place.id, restored: files }));
    else for (const path of files) host.terminal.out(`restored ${plainText(path)}`);
    return EXIT_CODES.ok;
  },
});
