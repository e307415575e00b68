import { describe, expect, test } from "bun:test";
import { startProgress } from "../../src/terminal/progress.ts";
import { createTerminal } from "../../src/terminal/terminal.ts";

const MIB = 1024 * 1024;

function open(isTTY: boolean) {
  const talk = { text: "" };
  const err = { isTTY, write: (chunk: string) => (talk.text += chunk) };
  const terminal = createTerminal({ write: () => undefined }, err, { NO_COLOR: "1" });
  return { progress: startProgress(terminal, "model"), talk };
}

describe("progress", () => {
  test("in a pipe is a line for every tenth, however often it is told", () => {
    const { progress, talk } = open(false);
    for (let part = 0; part <= 1_000; part += 1) progress.at(part * MIB, 1_000 * MIB, part * 10);
    progress.stop();
    const lines = talk.text.trim().split("\n");
    expect(lines).toHaveLength(11);
    expect(lines[5]).toBe("model: 50 %, 500.0 MiB of 1000.0 MiB, 100.0 MiB/s, 5.0 s left");
    expect(talk.text).not.toContain("\r");
  });

  test("on a terminal is one line that is drawn again, ten times a second at most, and always at the end", () => {
    const { progress, talk } = open(true);
    for (let part = 0; part <= 100; part += 1) progress.at(part, 100, part * 10);
    expect(talk.text.split("\r")).toHaveLength(1 + 11);
    expect(talk.text).toContain("████████████████████████ 100 B of 100 B");
    expect(talk.text).not.toContain("\n");
    progress.stop();
    progress.stop();
    expect(talk.text.endsWith("\n")).toBe(true);
    expect(talk.text.match(/\n/g)).toHaveLength(1);
  });

  test("ends the drawn line before a step is said", () => {
    const { progress, talk } = open(true);
    progress.at(1, 2, 0);
    progress.step("verifying");
    expect(talk.text).toMatch(/1 B of 2 B\nmodel: verifying\n$/);
  });

  test("knows no speed at first, and none of a size of 0", () => {
    const { progress, talk } = open(false);
    progress.at(0, 0, 0);
    expect(talk.text).toBe("model: 0 %, 0 B of 0 B\n");
  });

  test("forgets how fast it was long ago", () => {
    const { progress, talk } = open(true);
    progress.at(0, 10 * MIB, 0);
    progress.at(5 * MIB, 10 * MIB, 1_000);
    for (let second = 2; second <= 12; second += 1) progress.at(5 * MIB, 10 * MIB, second * 1_000);
    expect(talk.text.endsWith("5.0 MiB of 10.0 MiB")).toBe(true);
  });
});
