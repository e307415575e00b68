import { Terminal } from "@xterm/headless";
import type { Size } from "../../../src/features/counter/terminal-state.ts";

/** A real terminal emulator without a window. */
export interface Emulator {
  write(bytes: Uint8Array | string): void;
  resize(size: Size): void;
  /** Resolves when everything written was carried out. */
  settled(): Promise<void>;
  /** The rows on the screen, without the spaces at their ends. */
  rows(): readonly string[];
  /** The scrollback and the screen. */
  history(): readonly string[];
  /** Column and row of the cursor, from 0. */
  cursor(): readonly [column: number, row: number];
  isAlternate(): boolean;
  /** Titles in the order they were set. */
  readonly titles: readonly string[];
  /** Modes that programs switch on. */
  modes(): Terminal["modes"];
  /** What the emulator answers to questions such as for the cursor's position. */
  onReply(listener: (text: string) => void): void;
  /** Calls back after each write that was carried out. */
  onShown(listener: () => void): void;
}

/** Opens an emulator of xterm. */
export function openEmulator({ columns, rows }: Size): Emulator {
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1_000 });
  const titles: string[] = [];
  const listeners: (() => void)[] = [];
  terminal.onTitleChange((title) => titles.push(title));
  const lines = (from: number, count: number): readonly string[] =>
    Array.from(
      { length: count },
      (_, row) =>
        terminal.buffer.active
          .getLine(from + row)
          ?.translateToString()
          .trimEnd() ?? "",
    );
  return {
    write: (bytes) =>
      terminal.write(bytes, () => {
        for (const listener of listeners) listener();
      }),
    resize: (size) => terminal.resize(size.columns, size.rows),
    settled: () => new Promise((resolve) => terminal.write("", resolve)),
    rows: () => lines(terminal.buffer.active.baseY, terminal.rows),
    history: () => lines(0, terminal.buffer.active.length),
    cursor: () => [terminal.buffer.active.cursorX, terminal.buffer.active.cursorY],
    isAlternate: () => terminal.buffer.active.type === "alternate",
    titles,
    modes: () => terminal.modes,
    onReply: (listener) => void terminal.onData(listener),
    onShown: (listener) => void listeners.push(listener),
  };
}
