import { writeConfigFile } from "../../config/edit.ts";
import { importConfig } from "../../config/import.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { failureProblem } from "../../terminal/problem.ts";
import { defineCommand } from "../command.ts";
import { configProblem } from "./check.ts";

export const command = defineCommand({
  meta: {
    name: "import",
    description: "Turn another tool's configuration into ours",
    examples: [
      ["lodestar config import litellm config.yaml > lodestar.yaml", "a LiteLLM proxy's"],
      ["lodestar config import ccr ~/.claude-code-router/config.json --output lodestar.yaml", "claude-code-router's"],
    ],
    notes: [
      "Keys that stand in the other file are not copied: the result says which variables to set. What could not be carried over is said on stderr.",
    ],
  },
  args: {
    tool: { type: "positional", required: true, description: "whose file it is: litellm, ccr or aider" },
    file: { type: "positional", required: true, description: "the file" },
    output: {
      type: "string",
      alias: "o",
      valueHint: "FILE",
      description: "write it there instead of stdout; never over a file that is there",
    },
  },
  async run({ args, terminal }) {
    const kind = (["litellm", "ccr", "aider"] as const).find((name) => name === args.tool);
    if (kind === undefined) {
      const fix = "lodestar config import litellm FILE, or ccr, or aider";
      return {
        ...failureProblem("unknown_tool", `"${args.tool}" is no tool to import from`, fix),
        exitCode: EXIT_CODES.usage,
      };
    }
    const source = Bun.file(args.file);
    if (!(await source.exists())) return failureProblem("file_not_found", `there is no file ${args.file}`);
    const imported = importConfig(kind, await source.text(), args.file);
    if (!imported.ok) return configProblem(imported.error);
    for (const note of imported.value.notes) terminal.talk(`not carried over: ${note}`);
    if (args.output === undefined) {
      terminal.write(imported.value.text);
      return EXIT_CODES.ok;
    }
    if (await Bun.file(args.output).exists())
      return failureProblem("file_exists", `${args.output} is there already`, "choose another name");
    writeConfigFile(args.output, imported.value.text);
    terminal.out(args.output);
    return EXIT_CODES.ok;
  },
});
