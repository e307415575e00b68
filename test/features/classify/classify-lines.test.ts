import { describe, expect, test } from "bun:test";
import { TASK_CLASSES } from "../../../src/core/routing/task-class.ts";
import { classifyPrompt, openClassifier, readPromptLine } from "../../../src/features/classify/classify-lines.ts";

describe("a line that names a prompt", () => {
  test.each<[line: string, id: string | number | null, text: string]>([
    ['{"id":"a","prompt":"hi"}', "a", "hi"],
    ['{"id":7,"prompt":""}', 7, ""],
    ['{"prompt":"no id"}', null, "no id"],
    ['{"id":"m","messages":[{"role":"user","content":"fix it"}]}', "m", "fix it"],
    [
      '{"id":"m","messages":[{"role":"system","content":"You help."},{"role":"user","content":[{"type":"text","text":"a"},{"type":"image"}]}]}',
      "m",
      "a",
    ],
    [
      '{"id":"m","messages":[{"role":"user","content":"write x"},{"role":"assistant","content":null},{"role":"user","content":"<system-reminder>r</system-reminder>"}]}',
      "m",
      "write x",
    ],
    ['{"id":"m","messages":[]}', "m", ""],
  ])("%s", (line, id, text) => {
    expect(readPromptLine(line)).toEqual({ ok: true, value: { id, text } });
  });

  test.each<[line: string, error: string]>([
    ["not json", "no JSON object"],
    ["[1]", "no JSON object"],
    ['{"id":{},"prompt":"x"}', "`id` is neither text nor a number"],
    ['{"id":"a"}', "neither `prompt` nor `messages` is there"],
    ['{"id":"a","prompt":5}', "`prompt` is no text"],
    [
      '{"id":"a","messages":[{"role":"user","content":"x"},{"role":"robot"}]}',
      "messages[1] has no role of system, developer, user, assistant, tool",
    ],
    ['{"id":"a","messages":["x"]}', "messages[0] has no role of system, developer, user, assistant, tool"],
  ])("%s is refused", (line, error) => {
    expect(readPromptLine(line)).toEqual({ ok: false, error });
  });

  test("is answered with all seven classes, to four decimals", () => {
    const line = classifyPrompt(openClassifier(), { id: 3, text: "write a bash script that renames photos" });
    expect(line).toMatchObject({ id: 3, class: "code_generation", abstained: false, domain: "coding" });
    expect(Object.keys(line.probabilities)).toEqual([...TASK_CLASSES]);
    for (const value of Object.values(line.probabilities)) expect(value).toBe(Number(value.toFixed(4)));
  });
});
