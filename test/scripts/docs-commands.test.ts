import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/step.ts";
import { COMMANDS } from "../../src/cli/_all.ts";
import type { Command, CommandEntry } from "../../src/cli/command.ts";
import { runCli } from "../../src/cli/runner.ts";

const PAGES = ["README.md", ...new Bun.Glob("docs/*.md").scanSync(ROOT)].sort();

/** A command that takes what the real one takes, and does nothing. */
function inert(command: Command): Command {
  const subCommands = Object.fromEntries(
    Object.entries(command.subCommands).map(([name, load]) => [name, async () => inert(await load())]),
  );
  return { ...command, subCommands, ...(command.run === undefined ? {} : { run: async () => 0 as const }) };
}

const INERT: readonly CommandEntry[] = COMMANDS.map((entry) => ({
  ...entry,
  load: async () => inert(await entry.load()),
}));

/** Words of one command line as a shell reads them, up to the first operator; quotes group, `#` begins a comment. */
function shellWords(line: string): readonly string[] {
  const words: string[] = [];
  const token = /\s+|(#.*)|(&&|[|;)&<>])|((?:"(?:\\.|[^"])*"|'[^']*'|[^\s"'|;)&<>])+)/gy;
  for (const [, comment, operator, word] of line.matchAll(token)) {
    if (comment !== undefined || operator !== undefined) break;
    if (word !== undefined) words.push(word.replace(/"((?:\\.|[^"])*)"|'([^']*)'/g, "$1$2"));
  }
  return words;
}

/** What is typed after each `lodestar` in a line of a shell block. */
function callsIn(line: string): readonly (readonly string[])[] {
  const starts = [...line.matchAll(/(?:^|[|;&(]\s*)(?:sudo )?(?:\w+=\S* )*(?:[\w.]+\/)*lodestar(?=\s|$|\))/g)];
  return starts
    .filter(({ index }) => !/(?:^|\s)#/.test(line.slice(0, index)))
    .map((start) => shellWords(line.slice(start.index + start[0].length)));
}

/** Lines that a reader would type: all of a `sh` block, and those with a prompt in any other. */
function typedLines(page: string): readonly string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].flatMap(([, language, body = ""]) => {
    const lines = body.replaceAll("\\\n", " ").split("\n");
    return language === "sh" ? lines : lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2));
  });
  const indented = [...text.matchAll(/^ {4}(lodestar .*)$/gm)].map(([, line = ""]) => line);
  return [...blocks, ...indented];
}

/** Commands that the prose of a page names, perhaps without what they need. */
function namedCommands(page: string): readonly string[] {
  const prose = readFileSync(join(ROOT, page), "utf8").replace(/^```[\s\S]*?^```/gm, "");
  return [...prose.matchAll(/`((?:sudo )?lodestar [^`\n]+)`/g)].map(([, span = ""]) =>
    span.replace("help COMMAND", "help serve"),
  );
}

/** The complaint of the command line about `words`, or nothing. */
async function complaintAbout(words: readonly string[]): Promise<string> {
  const said: string[] = [];
  const code = await runCli(words, INERT, {
    stdout: { write: () => undefined },
    stderr: { write: (text) => void said.push(text) },
    stdin: { readAll: async () => "" },
    environment: {},
    version: "0.0.0",
    now: () => 0,
    onSignal: () => () => undefined,
    backend: () => Promise.reject(new Error("no command runs here")),
  });
  return code === 0 ? "" : `lodestar ${words.join(" ")}: ${said.join("")}`;
}

describe("a command line of the documentation", () => {
  test.each(PAGES)("in a block of %s is one that lodestar takes", async (page) => {
    const complaints = await Promise.all(typedLines(page).flatMap(callsIn).map(complaintAbout));
    expect(complaints.filter((complaint) => complaint !== "")).toEqual([]);
  });

  test.each(PAGES)("in the prose of %s is one that lodestar takes, once what it needs is added", async (page) => {
    const complaints = await Promise.all(namedCommands(page).flatMap(callsIn).map(complaintAbout));
    const isShortened = /\bmissing_(?:value|argument|flag|command)\b/;
    expect(complaints.filter((complaint) => complaint !== "" && !isShortened.test(complaint))).toEqual([]);
  });

  test("is found in blocks, behind prompts, pipes and variables", () => {
    expect(typedLines("README.md").flatMap(callsIn).length).toBeGreaterThan(5);
    expect(callsIn('git diff | lodestar ask --model best "review this" # now')).toEqual([
      ["ask", "--model", "best", "review this"],
    ]);
    expect(callsIn('eval "$(lodestar env)"   # lodestar in a remark')).toEqual([["env"]]);
    expect(callsIn("A=b lodestar serve && dist/lodestar stop; sudo cp dist/lodestar /usr/bin/")).toEqual([
      ["serve"],
      ["stop"],
    ]);
  });

  test("with a flag or a command that is not there is complained of", async () => {
    expect(await complaintAbout(["costs", "--bye", "model"])).toContain("unknown flag --bye");
    expect(await complaintAbout(["cost"])).toContain('unknown command "cost"');
  });
});
