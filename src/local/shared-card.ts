import type { Fault } from "../core/fault.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { Clock } from "../host/clock.ts";
import type { LocalEngine } from "./scheduler.ts";

/** A server that draws, as far as the memory of its card goes. Both do what they can: some servers cannot move their weights. */
export interface Painter {
  /** Its weights come back into the card's memory. */
  take(signal: AbortSignal): Promise<void>;
  /** Its weights leave the card's memory. */
  giveBack(): Promise<void>;
}

/** A language engine and the painters on the same card: to the queue, drawing is one more model that fits beside no other. */
export interface SharedCard {
  readonly engine: LocalEngine;
  /** The model that had to make room for a drawing, while none was loaded since; null where there was none. */
  displaced(): string | null;
}

const LOOK_EVERY_MS = 50;
const CLEAR_MS = 15_000;

const NOT_CLEARED: Fault = {
  kind: "unavailable",
  message: `Ollama did not free the card within ${CLEAR_MS / 1_000} s, so nothing is drawn: \`ollama ps\` shows what it holds.`,
};

/** Puts painters beside an engine; `painterOf` knows them by the names that the queue calls their models. */
export function createSharedCard(
  engine: LocalEngine,
  painterOf: (model: string) => Painter | null,
  clock: Clock,
): SharedCard {
  /** Who draws, or drew last and still has the card. */
  let holder: { readonly model: string; readonly painter: Painter } | null = null;
  let displaced: string | null = null;

  async function dismiss(): Promise<void> {
    const leaving = holder;
    holder = null;
    await leaving?.painter.giveBack();
  }

  /** Whether the engine holds nothing any more. One that does not answer holds nothing that could be asked back. */
  async function clear(signal: AbortSignal): Promise<boolean> {
    const until = clock.monotonic() + CLEAR_MS;
    let held = (await engine.loaded()) ?? [];
    displaced = held[0]?.model ?? displaced;
    await Promise.all(held.map(({ model }) => engine.unload(model)));
    for (held = (await engine.loaded()) ?? []; held.length > 0; held = (await engine.loaded()) ?? []) {
      if (signal.aborted || clock.monotonic() > until) return false;
      await new Promise<void>((resolve) => clock.after(LOOK_EVERY_MS, resolve));
    }
    return !signal.aborted;
  }

  async function loadPainter(model: string, painter: Painter, signal: AbortSignal): Promise<Result<void, Fault>> {
    if (holder?.model !== model) await dismiss();
    if (!(await clear(signal))) return failure(NOT_CLEARED);
    holder = { model, painter };
    await painter.take(signal);
    return success(undefined);
  }

  return {
    displaced: () => displaced,
    engine: {
      async load(model, contextTokens, signal) {
        const painter = painterOf(model);
        if (painter !== null) return loadPainter(model, painter, signal);
        await dismiss();
        const loaded = await engine.load(model, contextTokens, signal);
        if (loaded.ok) displaced = null;
        return loaded;
      },
      unload: (model) => (holder?.model === model ? dismiss() : engine.unload(model)),
      async loaded() {
        // What others load meanwhile is not told: the queue would learn that the two fit beside each other.
        return holder === null ? engine.loaded() : [{ model: holder.model, contextTokens: null }];
      },
    },
  };
}
