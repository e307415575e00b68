import { describe, expect, test } from "bun:test";
import type { ChatRequest, Message, Part } from "../../../src/core/request.ts";
import { readSignals, type Turn } from "../../../src/core/routing/signals.ts";
import { isTaskClass } from "../../../src/core/routing/task-class.ts";

const say = (role: Message["role"], ...texts: readonly string[]): Message => ({
  role,
  parts: texts.map((text) => ({ type: "text", text })),
});

const request = (messages: readonly Message[], more: Partial<ChatRequest> = {}): ChatRequest => ({
  model: "auto",
  messages,
  stream: false,
  ...more,
});

const call = (id: string, name: string, args: string): Message => ({
  role: "assistant",
  parts: [{ type: "tool-call", id, name, arguments: args }],
});

const result = (id: string, text: string, isError?: boolean): Message => ({
  role: "tool",
  parts: [
    {
      type: "tool-result",
      toolCallId: id,
      content: [{ type: "text", text }],
      ...(isError === undefined ? {} : { isError }),
    },
  ],
});

describe("signals of a request", () => {
  test("the words are those of the last turn in which a person spoke, without reminders", () => {
    const signals = readSignals(
      request([
        say("system", "You are Claude Code, Anthropic's official CLI for Claude."),
        say("user", "<system-reminder>be brief</system-reminder>", "write a parser"),
        say("assistant", "done"),
        say("user", "now fix src/parse.ts", "<system-reminder>todo list is empty</system-reminder>"),
      ]),
    );
    expect(signals).toMatchObject({
      text: "now fix src/parse.ts",
      turn: "user",
      agent: "claude-code",
      depth: 2,
      paths: ["src/parse.ts"],
      languages: ["typescript"],
    });
  });

  test("a turn of a tool's result keeps the words of the person's turn", () => {
    const signals = readSignals(request([say("user", "fix it"), call("1", "bash", "{}"), result("1", "ok")]));
    expect(signals).toMatchObject({ turn: "tool-result", text: "fix it", failedToolCalls: null });
  });

  test("assent means the task before it", () => {
    const turns = [
      say("user", "refactor the cache"),
      say("assistant", "Shall I?"),
      say("user", "Yes, please go ahead!"),
    ];
    expect(readSignals(request(turns)).text).toBe("refactor the cache");
    expect(readSignals(request([say("user", "continue")])).text).toBe("continue");
  });

  test.each<[what: string, system: string, turn: string, kind: Turn]>([
    ["a title of opencode", "You are a title generator. You output ONLY a thread title.", "hi", "housekeeping"],
    [
      "a topic of Claude Code",
      "Analyze if this message indicates a new conversation topic. If it does…",
      "x",
      "housekeeping",
    ],
    ["a suggestion of Claude Code", "You are Claude Code", "[SUGGESTION MODE: Suggest what…", "housekeeping"],
    ["a quota probe", "", "quota", "housekeeping"],
    ["a compaction of Codex", "", "You are performing a CONTEXT CHECKPOINT COMPACTION. Create…", "housekeeping"],
    [
      "a summary of Aider",
      "*Briefly* summarize this partial conversation about programming.",
      "# USER",
      "housekeeping",
    ],
    [
      "a commit message of Aider",
      "You are an expert that generates concise, one-line Git commit messages",
      "diff",
      "housekeeping",
    ],
    ["a person who asks for a title", "You are helpful", "Write a title for my blog about tea", "user"],
    ["a person who quotes a sentinel", "", 'what does "You are a title generator" do in this prompt?', "user"],
  ])("%s", (_, system, turn, kind) => {
    expect(readSignals(request([say("system", system), say("user", turn)])).turn).toBe(kind);
  });

  test.each<[what: string, messages: readonly Message[], isPlan: boolean]>([
    [
      "Claude Code plans",
      [say("user", "add a page", "<system-reminder>Plan mode is active. The user indicated…</system-reminder>")],
      true,
    ],
    ["Codex plans", [say("developer", "<collaboration_mode># Plan Mode (Conversational)"), say("user", "x")], true],
    ["Gemini CLI plans", [say("system", "# Active Approval Mode: Plan"), say("user", "x")], true],
    ["Aider's architect plans", [say("system", "Act as an expert architect engineer and…"), say("user", "x")], true],
    ["a person speaks of plan mode", [say("user", "Plan mode is active, how do I leave it?")], false],
    [
      "an earlier turn was a plan",
      [
        say("user", "x", "<system-reminder>Plan mode is active.</system-reminder>"),
        say("assistant", "p"),
        say("user", "do"),
      ],
      false,
    ],
  ])("%s", (_, messages, isPlan) => {
    expect(readSignals(request(messages)).isPlan).toBe(isPlan);
  });

  test("the key of a conversation stays as it grows, and differs for other words or another system prompt", () => {
    const start = [
      say("system", "x-anthropic-billing-header: cc_version=1; cch=a1", "You help."),
      say("user", "hello"),
    ];
    const later = [
      say("system", "x-anthropic-billing-header: cc_version=1; cch=b2", "You help."),
      say("user", "hello"),
      say("assistant", "hi"),
      say("user", "bye"),
    ];
    const key = readSignals(request(start)).conversationKey;
    expect(readSignals(request(later)).conversationKey).toBe(key);
    expect(readSignals(request([say("system", "You help."), say("user", "other")])).conversationKey).not.toBe(key);
    expect(readSignals(request([say("system", "You plan."), say("user", "hello")])).conversationKey).not.toBe(key);
  });

  test("images count, also those that tools return, and tools count", () => {
    const image: Part = { type: "image", source: { kind: "url", url: "https://x.example/a.png" } };
    const shot: Message = { role: "tool", parts: [{ type: "tool-result", toolCallId: "1", content: [image] }] };
    const messages = [{ role: "user" as const, parts: [image, { type: "text" as const, text: "what is it" }] }, shot];
    expect(readSignals(request(messages, { tools: [{ type: "function", name: "shot" }] }))).toMatchObject({
      imageCount: 2,
      toolCount: 1,
    });
  });

  test("tokens are estimated from all that is read, or taken as given", () => {
    const words = "the quick brown fox jumps over the lazy dog ".repeat(1_000);
    const { inputTokens } = readSignals(request([say("user", words)]));
    expect(inputTokens).toBeGreaterThan(7_000);
    expect(inputTokens).toBeLessThan(14_000);
    expect(readSignals(request([say("user", words)]), 42).inputTokens).toBe(42);
  });

  test("a long turn is kept by its two ends", () => {
    const { text } = readSignals(request([say("user", `begin ${"x".repeat(1_000_000)} end`)]));
    expect(text.length).toBeLessThanOrEqual(16_384);
    expect(text).toStartWith("begin");
  });

  test.each<[string, readonly Message[]]>([
    ["nothing at all", []],
    ["no words", [say("user", "")]],
    ["a system prompt alone", [say("system", "You help.")]],
  ])("a request of %s has an empty text", (_, messages) => {
    expect(readSignals(request(messages))).toMatchObject({ text: "", depth: 0, turn: "user" });
  });
});

describe("calls that fail again and again", () => {
  const failing = (count: number, text: string): readonly Message[] =>
    Array.from({ length: count }, (_, index) => [
      call(`t${index}`, "bash", '{"cmd":"test"}'),
      result(`t${index}`, text),
    ]).flat();

  test.each<[what: string, messages: readonly Message[], times: number]>([
    ["an exit code tells", failing(3, "3 tests failed\nExit code: 1"), 3],
    ["a traceback tells", failing(2, "Traceback (most recent call last):\n…"), 2],
    [
      "edits in between do not end the row",
      [...failing(2, "error: no"), call("e", "edit", "{}"), result("e", "edited")],
      2,
    ],
    ["a success of the same call ends the row", [...failing(2, "error: no"), ...failing(1, "all fine")], 0],
    ["the dialect's own mark outranks the words", [call("a", "bash", "1"), result("a", "error: none", false)], 0],
  ])("%s", (_, messages, times) => {
    const found = readSignals(request([say("user", "fix the test"), ...messages])).failedToolCalls;
    expect(found?.timesInARow ?? 0).toBe(times);
  });

  test("failures before the person spoke again do not count", () => {
    const messages = [say("user", "a"), ...failing(3, "error: x"), say("user", "b")];
    expect(readSignals(request(messages)).failedToolCalls).toBeNull();
  });

  test("other arguments are another call", () => {
    const messages = [
      say("user", "a"),
      call("1", "bash", "a"),
      result("1", "x", true),
      call("2", "bash", "b"),
      result("2", "x", true),
    ];
    expect(readSignals(request(messages)).failedToolCalls?.timesInARow).toBe(1);
  });
});

describe("signs of a text", () => {
  const read = (text: string) => readSignals(request([say("user", text)]));

  test.each<[text: string, languages: readonly string[]]>([
    ["write a python script", ["python"]],
    ["```rust\nfn main() {}\n```", ["rust"]],
    ["```ts\nlet a\n``` and a.py", ["typescript", "python"]],
    ["port it from Golang to Kotlin", ["go", "kotlin"]],
    ["go home, it is late", []],
    ["version 1.2 of e.g. this", []],
  ])("%j speaks of %j", (text, languages) => {
    expect(read(text).languages).toEqual(languages);
  });

  test.each<[text: string, paths: readonly string[]]>([
    ["look at src/a/b.ts, then ./x.py.", ["src/a/b.ts", "./x.py"]],
    ["in app\\main.cs and ~/notes.md", ["app\\main.cs", "~/notes.md"]],
    ["see https://x.example/index.html", []],
    ["call foo.map(x) and bar.ts()", []],
  ])("%j mentions %j", (text, paths) => {
    expect(read(text).paths).toEqual(paths);
  });

  test.each<[text: string, hasDiff: boolean, hasStackTrace: boolean, fences: number]>([
    ["plain words", false, false, 0],
    ["diff --git a/x b/x\n--- a/x\n+++ b/x", true, false, 0],
    ["Traceback (most recent call last):\n  File", false, true, 0],
    ["Error: x\n    at foo (a.js:1:2)", false, true, 0],
    ["```\na\n```\n```\nb", false, false, 2],
  ])("%j: diff %p, trace %p, fences %p", (text, hasDiff, hasStackTrace, fenceCount) => {
    expect(read(text)).toMatchObject({ hasDiff, hasStackTrace, fenceCount });
  });

  test("task classes are told from other words", () => {
    expect(["bug_fix", "general", "bugfix", ""].map(isTaskClass)).toEqual([true, true, false, false]);
  });
});
