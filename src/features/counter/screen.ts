import { writeSync } from "node:fs";
import type { Size } from "./terminal-state.ts";

/** The user's terminal. */
export interface Screen {
  size(): Size;
  write(bytes: Uint8Array | string): void;
  /** Hands over every typed byte as it is, with the terminal's own editing, echo and signals off, until the result is called. */
  takeInput(listener: (bytes: Uint8Array) => void): () => void;
  onResize(listener: () => void): () => void;
  /** What to write if this process ends before the result is called, whatever the reason. */
  atExit(lastWords: () => string): () => void;
}

const USUAL_SIZE: Size = { columns: 80, rows: 24 };

/** The terminal of this process; for a process whose standard input and output are one. */
export function processScreen(): Screen {
  const { stdin, stdout } = process;
  return {
    size: () => ({ columns: stdout.columns || USUAL_SIZE.columns, rows: stdout.rows || USUAL_SIZE.rows }),
    write: (bytes) => {
      if (bytes.length > 0) stdout.write(bytes);
    },
    takeInput(listener) {
      const take = (bytes: Uint8Array): void => listener(bytes);
      stdin.setRawMode(true);
      stdin.on("data", take);
      stdin.resume();
      return () => {
        stdin.off("data", take);
        stdin.pause();
        stdin.setRawMode(false);
      };
    },
    onResize(listener) {
      stdout.on("resize", listener);
      return () => stdout.off("resize", listener);
    },
    atExit(lastWords) {
      const say = (): void => {
        writeSync(stdout.fd, lastWords());
        stdin.setRawMode(false);
      };
      process.once("exit", say);
      return () => process.off("exit", say);
    },
  };
}
