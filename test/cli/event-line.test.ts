import { describe, expect, test } from "bun:test";
import { eventLine } from "../../src/cli/serve-words.ts";
import type { LodestarEvent } from "../../src/core/event.ts";
import { startSpinner } from "../../src/terminal/spinner.ts";
import { createTerminal } from "../../src/terminal/terminal.ts";
import { intentOf, NOON, outcomeOf } from "../stores/attempts.ts";

const FAULT = { kind: "timeout", message: "no first token within 120 s\u001b[2J" } as const;

const BUDGET = {
  event: "budget",
  at: NOON,
  budget: "day:project:web",
  scope: "project",
  name: "web",
  period: "day",
  percent: 80,
  spentNanoUsd: 4_000_000_000,
  limitNanoUsd: 5_000_000_000,
  resetsAt: NOON,
  requestId: null,
} as const;

const LOCAL = {
  event: "local",
  at: NOON,
  provider: "ollama",
  model: "a:1b",
  cause: "idle",
  contextTokens: 8_192,
  tookMs: 1_200,
  replaced: ["b:1b"],
} as const;

describe("an event in words", () => {
  test.each<[LodestarEvent, string]>([
    [
      { event: "ready", at: NOON, apiUrl: "http://a", adminUrl: "http://b", stateDir: "/s", version: "1", pid: 1 },
      "ready: http://a",
    ],
    [
      { event: "settled", at: NOON, intent: intentOf(), outcome: outcomeOf({ costNanoUsd: 1_250_000_000 }) },
      "req_1 deepseek/deepseek-v4-flash final $1.25 900 ms",
    ],
    [
      {
        event: "settled",
        at: NOON,
        intent: intentOf(),
        outcome: outcomeOf({ state: "failed", costNanoUsd: null, fault: FAULT }),
      },
      "req_1 deepseek/deepseek-v4-flash failed unknown 900 ms: no first token within 120 s [2J",
    ],
    [
      { event: "fallback", at: NOON, requestId: "req_1", from: "a/b", to: "c/d", fault: "connect", message: "refused" },
      "req_1 falls back from a/b to c/d: refused",
    ],
    [
      {
        event: "health",
        at: NOON,
        provider: "deepseek",
        account: "default",
        state: "open",
        reason: "5 faults in 60 s",
      },
      "deepseek (default) is open: 5 faults in 60 s",
    ],
    [{ ...BUDGET, step: "warning" }, "budget day:project:web has reached 80 % ($4.00 of $5.00)"],
    [
      { ...BUDGET, step: "exceeded", budget: "day:project:*" },
      "budget day:project:* of web is used up at 80 % ($4.00 of $5.00)",
    ],
    [
      { ...BUDGET, step: "refused", budget: "month", name: null, requestId: "req_1" },
      "req_1 budget month refused a request at 80 % ($4.00 of $5.00)",
    ],
    [{ ...BUDGET, step: "degraded" }, "budget day:project:web sent a request to a free model at 80 % ($4.00 of $5.00)"],
    [{ ...BUDGET, step: "capped" }, "budget day:project:web cut an answer at 80 % ($4.00 of $5.00)"],
    [{ event: "config", at: NOON, outcome: "rejected", message: "line 3" }, "configuration rejected: line 3"],
    [{ event: "draining", at: NOON, open: 1, deadlineMs: 30_000 }, "draining: 1 open answer, at most 30.0 s"],
    [{ ...LOCAL, step: "load" }, "ollama/a:1b is loaded in 1.2 s in the place of b:1b (idle)"],
    [{ ...LOCAL, step: "unload" }, "ollama/a:1b is unloaded"],
    [{ ...LOCAL, step: "truncation" }, "ollama/a:1b read less of a prompt than was sent"],
  ])("%#", (event, words) => {
    expect(eventLine(event)).toBe(words);
  });

  test("a kind that a newer daemon sends has none", () => {
    expect(eventLine({ event: "news", at: 1 } as unknown as LodestarEvent)).toBeNull();
  });
});

test("a spinner shows after a moment on a terminal, turns, and leaves a clean line", async () => {
  let shown = "";
  let turn = (): void => undefined;
  const turned = new Promise<void>((resolve) => {
    turn = resolve;
  });
  const stderr = {
    isTTY: true,
    write: (text: string) => {
      shown += text;
      if (shown.includes("⠙")) turn();
    },
  };
  const spinner = startSpinner(createTerminal({ write: () => undefined }, stderr, { NO_COLOR: "1" }), "asking");
  await turned;
  spinner.stop();
  const ended = shown;
  expect(ended).toStartWith("\r\u001b[2K⠋ asking\r\u001b[2K⠙ asking");
  expect(ended).toEndWith("\r\u001b[2K");
  spinner.stop();
  expect(shown).toBe(ended);
});
