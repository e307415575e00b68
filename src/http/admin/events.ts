import type { LodestarEvent } from "../../core/event.ts";
import type { AdminControl } from "./context.ts";

/** A reader that falls this far behind loses events (and is told how many), so that it cannot fill the memory. */
const MOST_WAITING = 1_000;

/** How often a quiet stream shows that it lives. Milliseconds. */
const HEARTBEAT_MS = 15_000;

function frame(event: LodestarEvent): string {
  return `event: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** The bus as a `text/event-stream` body. Pulled by the reader; ends when the reader leaves. */
export function eventStream(control: AdminControl): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const waiting: string[] = [];
  let dropped = 0;
  let isOver = false;
  let wake: (() => void) | null = null;
  const push = (text: string): void => {
    if (waiting.length >= MOST_WAITING) dropped += 1;
    else waiting.push(text);
    wake?.();
  };
  const unsubscribe = control.subscribe((event) => push(frame(event)));
  const heartbeat = setInterval(() => push(": alive\n\n"), HEARTBEAT_MS);
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(": lodestar events\n\n"));
    },
    async pull(controller) {
      if (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      wake = null;
      if (isOver) return;
      if (dropped > 0) waiting.push(`event: dropped\ndata: {"event":"dropped","count":${dropped}}\n\n`);
      dropped = 0;
      controller.enqueue(encoder.encode(waiting.splice(0).join("")));
    },
    cancel() {
      isOver = true;
      clearInterval(heartbeat);
      unsubscribe();
      wake?.();
    },
  });
}
