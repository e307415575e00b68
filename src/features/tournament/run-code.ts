import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Check, type CheckResult, checkText, codeOf } from "../../core/tournament/check.ts";

/** How long code under test may run. Milliseconds. */
const LIMIT_MS = 10_000;

type CodeCheck = Extract<Check, { kind: "code" }>;

const FILES: Readonly<Record<CodeCheck["language"], string>> = {
  javascript: "answer.mjs",
  typescript: "answer.ts",
  python: "answer.py",
};

function commandFor(language: CodeCheck["language"], file: string): readonly string[] | null {
  // A compiled Lodestar is a Bun as well, and acts as one where this variable stands (bun.com/docs/bundler/executables).
  if (language !== "python") return [process.execPath, file];
  const python = Bun.which("python3");
  return python === null ? null : [python, "-I", file];
}

/** Whether code parses; null for languages that nothing here can parse. */
function parses(code: string, language: CodeCheck["language"]): boolean | null {
  if (language === "python") return null;
  try {
    new Bun.Transpiler({ loader: language === "typescript" ? "ts" : "js" }).transformSync(code);
    return true;
  } catch {
    return false;
  }
}

/** Runs the code of an answer with the tests behind it: in an empty folder, without this process's environment, for 10 s at most. */
async function runCode(check: CodeCheck, code: string, limitMs: number): Promise<CheckResult> {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-check-"));
  try {
    const file = join(folder, FILES[check.language]);
    writeFileSync(file, `${code}\n${check.tests}\n`);
    const command = commandFor(check.language, file);
    if (command === null) return "unknown";
    const child = Bun.spawn([...command], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? "", HOME: folder, TMPDIR: folder, BUN_BE_BUN: "1" },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
      timeout: limitMs,
      killSignal: "SIGKILL",
    });
    return (await child.exited) === 0 ? "passed" : "failed";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Whether an answer is right, as far as a program can tell. Code that does not parse failed; it is run only where `mayRun`, since
 * what a model wrote could do anything that the user could.
 */
export async function checkAnswer(
  check: Check,
  answer: string,
  { mayRun, limitMs = LIMIT_MS }: { readonly mayRun: boolean; readonly limitMs?: number },
): Promise<CheckResult> {
  if (check.kind !== "code") return checkText(check, answer);
  const code = codeOf(answer, check.language);
  if (code.trim() === "" || parses(code, check.language) === false) return "failed";
  return mayRun ? runCode(check, code, limitMs) : "unknown";
}
