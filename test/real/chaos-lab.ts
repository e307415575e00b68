import { cpSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LodestarEvent } from "../../src/core/event.ts";
import { eventually } from "../support/eventually.ts";
import type { RunningLodestar } from "./driver.ts";
import { OLLAMA_MODELS } from "./engines.ts";
import { CHAT_WIRES, type ChatWire, post } from "./http.ts";

/** The attempts that a daemon settled, as it tells them. */
export type Settled = Extract<LodestarEvent, { event: "settled" }>;

const STORY = "Tell me a very long story about a ship, its crew, and every harbour that they see.";

/** Models of an Ollama's own: the manifests are copies, so that one may be deleted, and the weights those of `models`. */
export function borrowedModels(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-models-"));
  cpSync(join(OLLAMA_MODELS, "manifests"), join(folder, "manifests"), { recursive: true });
  symlinkSync(join(OLLAMA_MODELS, "blobs"), join(folder, "blobs"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Models of an Ollama's own in which more may be made or pulled: none of it reaches the shared ones. */
export function ownModels(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-models-"));
  mkdirSync(join(folder, "blobs"));
  cpSync(join(OLLAMA_MODELS, "manifests"), join(folder, "manifests"), { recursive: true });
  for (const name of readdirSync(join(OLLAMA_MODELS, "blobs"))) {
    const [from, to] = [join(OLLAMA_MODELS, "blobs", name), join(folder, "blobs", name)];
    try {
      linkSync(from, to);
    } catch {
      cpSync(from, to);
    }
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A stream that has begun: at least one word came. */
export interface Begun {
  /** All that comes from now on, to its end. */
  rest(): Promise<string>;
  leave(): Promise<void>;
}

/** Asks for a long answer, and waits for its first words. */
export async function begin(apiUrl: string, wire: ChatWire, model: string): Promise<Begun> {
  const response = await post(apiUrl, wire.path, wire.request(model, STORY, true, 4_000));
  const reader = response.body?.getReader();
  if (reader === undefined) throw new Error("an answer without a body");
  const decoder = new TextDecoder();
  let text = "";
  while (wire.streamText(text) === "") {
    const { value } = await reader.read();
    if (value === undefined) throw new Error(`the stream ended before a word: ${response.status} ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  return {
    async rest() {
      for (let chunk = await reader.read(); chunk.value !== undefined; chunk = await reader.read()) {
        text += decoder.decode(chunk.value, { stream: true });
      }
      return text;
    },
    leave: () => reader.cancel(),
  };
}

/** A short answer, whole. */
export function short(apiUrl: string, model: string, wire: ChatWire = CHAT_WIRES["openai-chat"]): Promise<Response> {
  return post(apiUrl, wire.path, wire.request(model, "Hi", false, 4));
}

/** The attempts that are settled so far. */
export function settledOf(lodestar: RunningLodestar): readonly Settled[] {
  return lodestar.events.filter((event) => event.event === "settled");
}

/** Does something, and returns the next attempt that is settled, with how long after `act` ended that was. */
export async function settledAfter(
  lodestar: RunningLodestar,
  act: () => void | Promise<void>,
): Promise<{ readonly attempt: Settled; readonly afterMs: number }> {
  const before = settledOf(lodestar).length;
  const actedAt = Date.now();
  await act();
  const attempt = await eventually("a settled attempt", () => settledOf(lodestar)[before]);
  // The place at an engine is given back in the same turn in which the attempt ends.
  return { attempt, afterMs: attempt.outcome.endedAt - actedAt };
}

/** What a process holds right now. */
export function footprintOf(pid: number): { readonly rssKiB: number; readonly descriptors: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const rssKiB = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  return { rssKiB, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

/** KiB a cycle by which a series grows: the slope of the straight line that fits it best. */
export function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const covariance = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  return covariance / values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
}

/** Requests whose rows are not exactly one an attempt, numbered from 1. */
export async function wronglyBooked(lodestar: RunningLodestar): Promise<readonly string[]> {
  const attempts = Map.groupBy(await lodestar.rows(), ({ requestId }) => requestId);
  return [...attempts].flatMap(([requestId, rows]) => {
    const numbers = rows.map(({ attempt }) => attempt).sort((left, right) => left - right);
    const isOpen = rows.some(({ state }) => state === "reserved" || state === "streaming");
    return isOpen || numbers.some((number, index) => number !== index + 1) ? [`${requestId}: ${numbers.join()}`] : [];
  });
}
