import { defineCommand } from "./command.ts";

/** `lodestar responses`: what is kept of the Responses API. */
export const command = defineCommand({
  meta: {
    name: "responses",
    description: "Answers kept for the Responses API: delete them",
    group: "Set up",
    notes: [
      "Answers of the Responses API are kept for `previous_response_id` unless a request says `store: false`; `retention.responses` in the configuration says how long, and turns it off.",
    ],
  },
  subCommands: {
    purge: async () => (await import("./responses-purge.ts")).command,
  },
});
