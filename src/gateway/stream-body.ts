import type { Services } from "./services.ts";
import type { Watch } from "./watchdog.ts";

/** Where a streamed body comes from. */
export interface TextSource {
  /** What comes next, in whole events; waits for it. */
  next(): Promise<string>;
  /** Nothing more will come. */
  readonly isOver: boolean;
  /** The answer is whole and only the upstream's end is awaited. */
  readonly isComplete: boolean;
  /** The client left. */
  leave(): void;
}

const UTF8 = new TextEncoder();

/** A body that is whole already. */
export function textStream(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(UTF8.encode(text));
      controller.close();
    },
  });
}

/**
 * The client's side of a stream, pulled at the client's own speed so that a slow reader holds nothing in memory. Cancelling it
 * is how a client leaves. `heartbeat` keeps an idle client waiting while the upstream thinks; only whole events are ever
 * written, so a beat never splits one.
 */
export function createStreamBody(
  source: TextSource,
  heartbeat: string,
  { clock, watchdog, settings }: Pick<Services, "clock" | "watchdog" | "settings">,
): ReadableStream<Uint8Array> {
  let write = (_text: string): void => undefined;
  const nextBeatAt = (): number => clock.monotonic() + settings().heartbeatMs;
  const beat: Watch = {
    at: Number.POSITIVE_INFINITY,
    expire() {
      write(heartbeat);
      beat.at = nextBeatAt();
    },
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      write = (text) => controller.enqueue(UTF8.encode(text));
      watchdog.add(beat);
    },
    async pull(controller) {
      if (!source.isComplete) beat.at = nextBeatAt();
      const text = await source.next();
      beat.at = Number.POSITIVE_INFINITY;
      if (text !== "") write(text);
      if (!source.isOver) return;
      watchdog.remove(beat);
      controller.close();
    },
    cancel() {
      watchdog.remove(beat);
      source.leave();
    },
  });
}
