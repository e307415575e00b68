/** A program that shows text screen by screen. */
export interface Pager {
  /** Hands text over; false once the reader has left. */
  write(text: string): Promise<boolean>;
  /** Says that nothing follows, and waits until the reader has left. */
  end(): Promise<void>;
}

/** `less` as git calls it: quits where all fits on a screen, shows colours, and leaves the text on the terminal. */
const LESS = "FRX";

/** The pager of a person: `LODESTAR_PAGER`, `PAGER`, else `less`; never this program itself, which may stand there for git's sake. */
function commandOf(environment: Readonly<Record<string, string | undefined>>): readonly string[] | null {
  const named = environment.LODESTAR_PAGER ?? environment.PAGER ?? "less";
  const chosen = /\blodestar\b/.test(named) ? "less" : named;
  const words = chosen.split(/\s+/).filter(Boolean);
  const [program] = words;
  if (program === undefined || program === "cat") return null;
  const found = Bun.which(program, environment.PATH === undefined ? {} : { PATH: environment.PATH });
  return found === null ? null : [found, ...words.slice(1)];
}

/** Starts the pager; null where there is none, and the text goes to the terminal as it is. */
export function startPager(environment: Readonly<Record<string, string | undefined>>): Pager | null {
  const command = commandOf(environment);
  if (command === null) return null;
  const child = Bun.spawn([...command], {
    env: { LESS, LV: "-c", ...environment },
    stdin: "pipe",
    stdout: "inherit",
    stderr: "inherit",
  });
  const { stdin } = child;
  let isOpen = true;
  void child.exited.then(() => {
    isOpen = false;
  });
  return {
    async write(text) {
      if (!isOpen) return false;
      try {
        stdin.write(text);
        // Until the pipe has room, or the reader has left.
        await Promise.race([stdin.flush(), child.exited]);
      } catch (error) {
        // The pipe is broken: the reader left in the middle of it.
        if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error;
        isOpen = false;
      }
      return isOpen;
    },
    async end() {
      try {
        await stdin.end();
      } catch {
        isOpen = false;
      }
      await child.exited;
    },
  };
}
