import schema from "../../config/schema.gen.json" with { type: "json" };
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { defineCommand } from "../command.ts";

export const command = defineCommand({
  meta: {
    name: "schema",
    description: "Print the JSON Schema of the configuration file, for editors",
    examples: [
      ["lodestar config schema > lodestar.schema.json", "then: # yaml-language-server: $schema=lodestar.schema.json"],
    ],
  },
  async run({ terminal }) {
    terminal.out(JSON.stringify(schema, null, 2));
    return EXIT_CODES.ok;
  },
});
