import { TASK_CLASSES } from "../../core/routing/task-class.ts";
import type { Flags } from "../command.ts";

/** Which evidence a command is about. */
export const evidenceFlags = {
  model: { type: "string", valueHint: "PROVIDER/MODEL", description: "only this model" },
  task: { type: "enum", options: [...TASK_CLASSES], description: "only this class of task" },
} satisfies Flags;
