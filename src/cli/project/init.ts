import { basename, resolve } from "node:path";
import { createProjectFile } from "../../config/create-project.ts";
import { PROJECT_FILE } from "../../config/project-file.ts";
import { projectNameOf } from "../../core/project.ts";
import { didYouMean } from "../../core/suggest.ts";
import { projectFileText, TEMPLATES } from "../../features/projects/templates.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { failureProblem, usageProblem } from "../../terminal/problem.ts";
import { defineCommand } from "../command.ts";
import { jsonFlag } from "../shared-flags.ts";

const CHOICES = TEMPLATES.map(({ name, about }) => `${name.padEnd(8)} ${about}`).join("\n");

export const command = defineCommand({
  meta: {
    name: "init",
    description: "Write a .lodestar.yaml, every line with its reason",
    examples: [
      ["lodestar project init --template web", "chains, budgets and a tag for sites and apps"],
      ["lodestar project init --template data --stdout", "only show it"],
    ],
    notes: [`Templates: ${TEMPLATES.map(({ name, about }) => `${name} (${about})`).join("; ")}.`],
  },
  args: {
    template: { type: "string", valueHint: "NAME", description: TEMPLATES.map(({ name }) => name).join(", ") },
    name: { type: "string", valueHint: "NAME", description: "the project's name (default: the folder's)" },
    folder: { type: "string", valueHint: "DIR", description: "where it goes (default: the current folder)" },
    force: { type: "boolean", description: "replace a file that is there; the old one is kept as .bak" },
    stdout: { type: "boolean", description: "print it instead" },
    ...jsonFlag,
  },
  async run({ args, terminal }) {
    const folder = resolve(args.folder ?? ".");
    const template = TEMPLATES.find(({ name }) => name === args.template);
    if (template === undefined) {
      const given = args.template ?? "";
      const names = TEMPLATES.map(({ name }) => name);
      const message = given === "" ? "which template?" : `there is no template "${given}".${didYouMean(given, names)}`;
      return usageProblem("unknown_template", message, `one of these, by --template:\n${CHOICES}`);
    }
    const name = args.name ?? projectNameOf(basename(folder));
    if (projectNameOf(name) !== name) {
      const message = `"${name}" is no valid name: letters, digits, dots, dashes and underscores, at most 100`;
      return usageProblem("bad_project", message, `--name ${projectNameOf(name)}`);
    }
    const text = projectFileText(template, name);
    if (args.stdout) {
      terminal.write(text);
      return EXIT_CODES.ok;
    }
    const created = createProjectFile(folder, text, args.force);
    if (!created.ok) return failureProblem(created.error.code, created.error.message, created.error.fix);
    const { file, backup } = created.value;
    if (args.json) terminal.out(JSON.stringify({ file, name, template: template.name, backup }));
    else {
      terminal.out(file);
      if (backup !== null) terminal.talk(`the old one is ${backup}`);
      terminal.talk(
        `written for ${name}. What holds with it: lodestar project show. Share it by committing ${PROJECT_FILE}.`,
      );
    }
    return EXIT_CODES.ok;
  },
});
