import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { beginsWithWords, withoutBoilerplate } from "../../../src/core/routing/boilerplate.ts";

describe("the words of a person without what agents wrap around them", () => {
  test.each<[agent: string, text: string, words: string]>([
    [
      "Claude Code reminds of its files",
      "<system-reminder>\nuse TodoWrite\n</system-reminder>\nfix the login",
      "fix the login",
    ],
    ["Claude Code shows the output of a command", "<local-command-stdout>ok</local-command-stdout>", ""],
    [
      "a slash command keeps its arguments",
      "<command-name>/fix</command-name><command-args>the parser</command-args>",
      "the parser",
    ],
    ["Codex tells where it runs", "<environment_context>\n<cwd>/x</cwd>\n</environment_context>", ""],
    ["Codex quotes AGENTS.md", "# AGENTS.md instructions for /x\n\n<INSTRUCTIONS>be kind</INSTRUCTIONS>", ""],
    [
      "Codex tells what is permitted",
      "<permissions instructions>none</permissions instructions>go on with it",
      "go on with it",
    ],
    ["Gemini CLI sets up", "This is the Gemini CLI. We are setting up the context for our chat.\nToday…", ""],
    ["Gemini CLI adds files", "explain @a.ts\n--- Content from referenced files ---\nlet a", "explain @a.ts"],
    ["Qwen Code sets up", "This is the Qwen Code. We are setting up the context", ""],
    ["Aider adds files", "I have *added these files to the chat* so you can go ahead and edit them.\n\na.py", ""],
    ["Aider appends its rules", "rename x\n\n# *SEARCH/REPLACE block* Rules:\n\nEvery block…", "rename x"],
    [
      "Cline wraps the task",
      "<task>\nsort the list\n</task>\n<environment_details>tabs</environment_details>",
      "sort the list",
    ],
    ["Cursor wraps the query", "<additional_data>x</additional_data><user_query>why?</user_query>", "why?"],
    ["nobody wraps anything", "if a < b and c > d then <b>bold</b>", "if a < b and c > d then <b>bold</b>"],
    ["a reminder that nobody closes", "hello <system-reminder> and so on", "hello"],
  ])("%s", (_, text, words) => {
    expect(withoutBoilerplate(text)).toBe(words);
  });

  test("text without tags comes back trimmed and otherwise as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", " ", "\n", ">", "é", "<") }), (text) => {
        expect(withoutBoilerplate(text)).toBe(text.trim());
      }),
    );
  });

  test("a megabyte of tags that nobody closes is read at once", () => {
    const started = performance.now();
    withoutBoilerplate("<system-reminder ".repeat(60_000));
    withoutBoilerplate("<".repeat(1_000_000));
    withoutBoilerplate("</task".repeat(170_000));
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test.each<[string, boolean]>([
    ["fix it", true],
    ["  <b>bold</b> moves", true],
    ["", false],
    ["\n <system-reminder>x</system-reminder>", false],
    ["This session is being continued from a previous conversation that ran out", false],
  ])("%j begins with words: %p", (text, is) => {
    expect(beginsWithWords(text)).toBe(is);
  });
});
