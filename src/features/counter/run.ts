import { failure, type Result, success } from "../../core/result.ts";
import { errorText } from "../../host/private-file.ts";
import { EXIT_CODES, endCode } from "../../terminal/exit-code.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import type { Counter } from "./follow.ts";
import { countsLine } from "./line.ts";
import { createOverlay, type Overlay, type Placement } from "./overlay.ts";
import type { Screen } from "./screen.ts";

/** A program to run below a counter. */
export interface CountedProgram {
  /** Path and arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** How and where a counter is shown. */
export interface CounterView {
  readonly counter: Pick<Counter, "counts" | "onChange">;
  readonly screen: Screen;
  readonly placement: Placement;
  readonly hasTitle: boolean;
}

/** How long output may still come after the program's own end: what it left running may hold the terminal open. Milliseconds. */
const REST_MS = 200;

interface Started {
  readonly child: Bun.Subprocess;
  /** Resolves when all output was passed on. */
  readonly drained: Promise<void>;
}

function startProgram({ command, cwd, environment }: CountedProgram, overlay: Overlay, screen: Screen): Started {
  const { promise: drained, resolve } = Promise.withResolvers<void>();
  const { columns, rows } = overlay.programSize();
  const child = Bun.spawn([...command], {
    cwd,
    env: { ...environment },
    terminal: {
      cols: columns,
      rows,
      data: (_terminal, bytes) => screen.write(overlay.pass(bytes)),
      exit: () => resolve(),
    },
  });
  return { child, drained };
}

function start(program: CountedProgram, overlay: Overlay, screen: Screen): Result<Started, CliProblem> {
  try {
    return success(startProgram(program, overlay, screen));
  } catch (error) {
    return failure({
      code: "client_not_startable",
      message: `${program.command[0] ?? ""} cannot be started: ${errorText(error)}`,
      fix: "try it by itself first; a script needs the program that its first line names",
      exitCode: EXIT_CODES.notStartable,
    });
  }
}

function rest(drained: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, REST_MS);
  void drained.then(() => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}

/** Ties the terminal, the counter and our signals to a running program; returns how to untie them. */
function connect(
  { child }: Started,
  overlay: Overlay,
  { counter, screen }: CounterView,
  onSignal: (listener: (name: NodeJS.Signals) => void) => () => void,
): () => void {
  const releases = [
    screen.atExit(() => overlay.close()),
    screen.takeInput((bytes) => child.terminal?.write(bytes)),
    screen.onResize(() => {
      screen.write(overlay.resize(screen.size()));
      const { columns, rows } = overlay.programSize();
      child.terminal?.resize(columns, rows);
    }),
    counter.onChange(() => screen.write(overlay.refresh())),
    onSignal((name) => child.kill(name)),
  ];
  return () => {
    for (const release of releases) release();
  };
}

/**
 * Runs a program in a pseudo-terminal of its own, one row shorter than the user's, with the counter in that row. Input,
 * output, size and signals pass through; the terminal is as before at the end. Returns the program's exit code: 128 and
 * the signal's number where a signal ended it. POSIX only.
 */
export async function runCounted(
  program: CountedProgram,
  view: CounterView,
  onSignal: (listener: (name: NodeJS.Signals) => void) => () => void,
): Promise<Result<number, CliProblem>> {
  const { screen, counter, placement, hasTitle } = view;
  const line = (width: number): string => countsLine(counter.counts(), width);
  const overlay = createOverlay({ size: screen.size(), placement, hasTitle, line });
  const started = start(program, overlay, screen);
  if (!started.ok) return started;
  const { child, drained } = started.value;
  screen.write(overlay.open());
  const release = connect(started.value, overlay, view, onSignal);
  try {
    const code = await child.exited;
    await rest(drained);
    return success(endCode(code, child.signalCode));
  } finally {
    release();
    screen.write(overlay.close());
    child.terminal?.close();
  }
}
