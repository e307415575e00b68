import { usageProblem } from "../terminal/problem.ts";
import { defineCommand } from "./command.ts";
import { runCheck } from "./setup/check.ts";
import { runList } from "./setup/list.ts";
import { findClient, placeOf, scopeOf } from "./setup/target.ts";
import { runUndo } from "./setup/undo.ts";
import { runSetup } from "./setup/write.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";

/** `lodestar setup`: points a coding tool at the daemon, checks it, and undoes it. */
export const command = defineCommand({
  meta: {
    name: "setup",
    description: "Point a coding tool at the daemon, and undo it",
    group: "Set up",
    examples: [
      ["lodestar setup", "which tools there are, and which are set up"],
      ["lodestar setup codex", "write its settings, keeping everything else in them"],
      ["lodestar setup claude --model best --print", "only show what would change"],
      ["lodestar setup codex --check", "one real request, as that tool would ask"],
      ["lodestar setup codex --undo", "back to what was there before, byte for byte"],
    ],
    notes: [
      "Tools: aider, claude, codex, opencode, gemini, qwen, cline, continue, vscode. Only Lodestar's own part of a file is written; comments and layout stay, and what was there is kept in the state directory. Where somebody changed a file since, undoing takes out Lodestar's part only and says so.",
      "Once client keys exist, the key of LODESTAR_API_KEY is used.",
    ],
  },
  args: {
    tool: { type: "positional", required: false, description: "the tool to set up; without one, all are listed" },
    undo: { type: "boolean", description: "take back what setup wrote" },
    check: { type: "boolean", description: "make one real request in the tool's dialect" },
    print: { type: "boolean", description: "show what would be written, and write nothing" },
    model: { type: "string", alias: "m", valueHint: "NAME", description: "the model that the tool asks for" },
    global: { type: "boolean", description: "for all projects (the default)" },
    project: { type: "boolean", description: "for one project, whose name its requests then carry" },
    folder: { type: "string", valueHint: "DIR", description: "the project's folder (default: the current one)" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const { undo, check, print, model, json: isJson } = args;
    const place = placeOf(host.environment, args.folder);
    if ([undo, check, print].filter(Boolean).length > 1) {
      return usageProblem("conflicting_flags", "--undo, --check and --print exclude one another");
    }
    if (args.tool === undefined) return runList(host, args, place, isJson);
    const client = findClient(args.tool);
    if (!client.ok) return client.error;
    const scope = scopeOf(client.value, args);
    if (!scope.ok) return scope.error;
    const wish = { client: client.value, scope: scope.value, place, model, isJson };
    if (undo) return runUndo(host, args, wish);
    if (check) return runCheck(host, args, wish);
    return runSetup(host, args, { ...wish, isPrint: print });
  },
});
