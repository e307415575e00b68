import { defineCommand } from "./command.ts";

/** `lodestar route`: what `auto` chooses, and why. */
export const command = defineCommand({
  meta: {
    name: "route",
    description: "What `auto` chooses, and why: explain, try other rules, what would be saved",
    group: "See",
  },
  subCommands: {},
});
