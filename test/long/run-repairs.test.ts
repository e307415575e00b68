import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { snapshot } from "../features/repair/snapshot.ts";
import { type CliResult, runLodestar, stopLodestars } from "../real/driver.ts";
import { NO_OLLAMA_REASON, SMOLLM, startOllama } from "../real/engines.ts";
import { startScriptedModel } from "../support/scripted-model.ts";
import { type BrokenProgram, PROGRAMS } from "./run-programs.ts";
import { LONG_TEST_MS, printFigures } from "./support/run.ts";

afterAll(stopLodestars);

/** Left behind by the commands themselves: caches and what they build. */
const BUILT = ["__pycache__", "shop", "Shop.class"];

/** Tools that keep caches or versions in a home find those of the real one. */
const TOOLS = {
  GOCACHE: join(tmpdir(), "lodestar-go-cache"),
  RUSTUP_HOME: process.env.RUSTUP_HOME ?? join(homedir(), ".rustup"),
  CARGO_HOME: process.env.CARGO_HOME ?? join(homedir(), ".cargo"),
};

function write(program: BrokenProgram): string {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-broken-"));
  for (const [path, text] of Object.entries(program.files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

function whole({ files, fault }: BrokenProgram, right: string): string {
  return `${fault.path}\n\`\`\`\n${(files[fault.path] ?? "").replace(fault.wrong, right)}\`\`\`\n`;
}

function block({ fault }: BrokenProgram): string {
  const end = (text: string): string => (text.endsWith("\n") ? text : `${text}\n`);
  return `${fault.path}\n<<<<<<< SEARCH\n${end(fault.wrong)}=======\n${end(fault.right)}>>>>>>> REPLACE\n`;
}

function diff(program: BrokenProgram): string {
  const before = (program.files[program.fault.path] ?? "").trimEnd().split("\n");
  const after = (program.files[program.fault.path] ?? "")
    .replace(program.fault.wrong, program.fault.right)
    .trimEnd()
    .split("\n");
  const lines = [...before.map((line) => `-${line}`), ...after.map((line) => `+${line}`)];
  return `\`\`\`diff\n--- a/${program.fault.path}\n+++ b/${program.fault.path}\n@@ -1,3 +1,3 @@\n${lines.join("\n")}\n\`\`\`\n`;
}

interface ModelClass {
  readonly name: string;
  /** Whether it can solve these at all. */
  readonly solves: boolean;
  answer(program: BrokenProgram, index: number): string;
}

/** A block that replaces a part of a line cannot be matched line by line, so that those programs get a whole file. */
function edit(program: BrokenProgram): string {
  return program.fault.wrong.endsWith("\n") ? block(program) : whole(program, program.fault.right);
}

const CLASSES: readonly ModelClass[] = [
  { name: "perfect, whole files", solves: true, answer: (program) => whole(program, program.fault.right) },
  { name: "perfect, search and replace", solves: true, answer: edit },
  { name: "perfect, unified diff", solves: true, answer: diff },
  {
    name: "wrong first, then right",
    solves: true,
    answer: (program, index) => whole(program, index === 0 ? "@@@\n" : program.fault.right),
  },
  {
    name: "malformed first, then right",
    solves: true,
    answer: (program, index) => (index === 0 ? "Change the line, please." : edit(program)),
  },
  { name: "always wrong", solves: false, answer: (program) => whole(program, "@@@\n") },
  { name: "lazy", solves: false, answer: ({ fault }) => `${fault.path}\n\`\`\`\n# ... rest of the code ...\n\`\`\`\n` },
  {
    name: "malicious",
    solves: false,
    answer: (program) =>
      `${whole(program, program.fault.right)}\n../out.py\n\`\`\`\nx\n\`\`\`\n.git/hooks/pre-commit\n\`\`\`\nx\n\`\`\`\n`,
  },
];

function run(
  program: BrokenProgram,
  folder: string,
  model: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CliResult> {
  const models = model.flatMap((name) => ["--model", name]);
  const limits = ["--timeout", program.timeout ?? "60s", "--attempts", "3"];
  return runLodestar(["run", "--yes", ...models, ...limits, "--", ...program.command], {
    cwd: folder,
    env: { ...TOOLS, ...environment },
  });
}

describe("small broken programs, by scripted models over HTTP", () => {
  const installed = PROGRAMS.filter(({ tool }) => Bun.which(tool) !== null);
  test.each([...CLASSES])(
    "$name",
    async ({ name, solves, answer }) => {
      const unsolved: string[] = [];
      for (const program of installed) {
        const folder = write(program);
        await using scripted = await startScriptedModel((_, index) => answer(program, index));
        const before = snapshot(folder, BUILT);
        const ended = await run(program, folder, ["scripted/one", "scripted/two"], scripted.environment);
        const after = snapshot(folder, BUILT);
        const changed = Object.keys({ ...before, ...after }).filter((path) => after[path] !== before[path]);
        if (ended.code !== 0)
          unsolved.push(
            `${program.name} (${ended.stderr.split("\n").findLast((line) => line.includes("not repaired")) ?? ended.stderr.slice(-200)})`,
          );
        expect(changed).toEqual(ended.code === 0 ? [program.fault.path] : []);
        if (ended.code === 0)
          expect(readFileSync(join(folder, program.fault.path), "utf8")).toContain(program.fault.right.trim());
      }
      printFigures(`run, ${name}`, {
        programs: installed.length,
        solved: installed.length - unsolved.length,
        ...(solves ? { unsolved: unsolved.join("; ") } : {}),
      });
      expect(unsolved.length).toBe(solves ? 0 : installed.length);
    },
    LONG_TEST_MS,
  );
});

describe(`a tiny model of a real Ollama ${NO_OLLAMA_REASON}`, () => {
  test.skipIf(NO_OLLAMA_REASON !== "")(
    "may fail, and leaves the files as they were where it does",
    async () => {
      const [program] = PROGRAMS;
      if (program === undefined) throw new Error("no program");
      const ollama = await startOllama();
      try {
        const folder = write(program);
        const before = snapshot(folder, BUILT);
        const ended = await run(program, folder, [`ollama/${SMOLLM}`], { OLLAMA_HOST: ollama.host });
        expect(ended.stderr).toContain(`asking ollama/${SMOLLM}`);
        expect([0, 1]).toContain(ended.code);
        if (ended.code === 1) expect(snapshot(folder, BUILT)).toEqual(before);
        printFigures(`run, ${SMOLLM}`, { programs: 1, solved: ended.code === 0 ? 1 : 0 });
      } finally {
        await ollama.stop();
      }
    },
    LONG_TEST_MS,
  );
});
