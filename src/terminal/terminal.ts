import { createConsola } from "consola/core";
import picocolors from "picocolors";

/** Environment variables of the process, or of a test. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Text styles; identity functions where colour is off. */
export type Colours = ReturnType<typeof picocolors.createColors>;

/** Where text goes: a stream of the process, or a buffer in tests. */
export interface Sink {
  /** Writes text as it is. */
  write(text: string): void;
  /** Writes bytes as they are, where the sink can. */
  writeBytes?(bytes: Uint8Array): void;
  /** Resolves when what was written has left the process. */
  drained?(): Promise<void>;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Where text comes from. */
export interface Source {
  readonly isTTY?: boolean;
  /** Something was piped or redirected into it: a stream or a file, not a terminal and not `/dev/null`. */
  readonly isPiped?: boolean;
  /** Everything until the end of input. */
  readAll(): Promise<string>;
  /** The input as it comes, for what is no text or larger than memory. */
  bytes?(): AsyncIterable<Uint8Array>;
  /** Switches echo and line editing off, where the source is a terminal. */
  setRawMode?(isRaw: boolean): void;
  /** Chunks as they are typed. */
  chunks?(): AsyncIterable<string>;
}

/** The one way to show things: stdout is data, stderr is talk. */
export interface Terminal {
  /** A line of data. */
  out(line: string): void;
  /** Data as it is, without a line end. */
  write(text: string): void;
  /** Data as the bytes it is. */
  writeBytes(bytes: Uint8Array): void;
  /** A line of talk. */
  talk(line: string): void;
  /** Talk as it is, for spinners and prompts. */
  talkRaw(text: string): void;
  readonly style: Colours;
  readonly talkStyle: Colours;
  readonly isOutTty: boolean;
  readonly isTalkTty: boolean;
  /** Width of stdout in columns; `Infinity` when it is no terminal, so that nothing is cut in pipes. */
  readonly columns: number;
  /** Resolves when stdout has taken what was written, so that a long listing does not pile up in memory. */
  drained(): Promise<void>;
}

/**
 * Whether a sink gets colour: `NO_COLOR` (non-empty, https://no-color.org) wins, then `FORCE_COLOR`, then whether it is
 * a terminal that is not `dumb`.
 */
export function hasColour(sink: Sink, environment: Environment): boolean {
  if ((environment.NO_COLOR ?? "") !== "") return false;
  if ((environment.FORCE_COLOR ?? "") !== "") return environment.FORCE_COLOR !== "0";
  return sink.isTTY === true && environment.TERM !== "dumb";
}

/** Text styles, or none: for a command that is told whether to colour. */
export function coloursFor(isOn: boolean): Colours {
  return picocolors.createColors(isOn);
}

/** Talk goes through consola with a reporter of our own: plain lines, never throttled. */
function createVoice(stderr: Sink): (line: string) => void {
  const voice = createConsola({
    throttle: 0,
    reporters: [{ log: ({ args }) => stderr.write(`${args.map(String).join(" ")}\n`) }],
  });
  return (line) => voice.log(line);
}

/** A terminal over two sinks. */
export function createTerminal(stdout: Sink, stderr: Sink, environment: Environment): Terminal {
  const isOutTty = stdout.isTTY === true;
  return {
    out: (line) => stdout.write(`${line}\n`),
    write: (text) => stdout.write(text),
    writeBytes: (bytes) =>
      stdout.writeBytes === undefined ? stdout.write(new TextDecoder().decode(bytes)) : stdout.writeBytes(bytes),
    talk: createVoice(stderr),
    talkRaw: (text) => stderr.write(text),
    style: coloursFor(hasColour(stdout, environment)),
    talkStyle: coloursFor(hasColour(stderr, environment)),
    isOutTty,
    isTalkTty: stderr.isTTY === true,
    columns: isOutTty ? (stdout.columns ?? 80) : Number.POSITIVE_INFINITY,
    drained: async () => stdout.drained?.(),
  };
}
