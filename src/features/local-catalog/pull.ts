import type { JsonObject } from "../../core/json.ts";
import type { LocalEvent } from "../../core/local-view.ts";
import { callOllama, diskFull } from "./ollama-stream.ts";

/** What to pull, and how much room there is. */
export interface PullWish {
  readonly baseUrl: string;
  readonly model: string;
  /** From a library over plain HTTP. */
  readonly isInsecure: boolean;
  /** Free bytes where models are kept; null where that cannot be seen from here. */
  freeBytes(): Promise<number | null>;
  readonly signal: AbortSignal;
}

/** A disk is never filled to its last byte. */
const SPARE_BYTES = 256 * 1024 * 1024;

interface Part {
  readonly total: number;
  readonly completed: number;
}

function partOf(body: JsonObject): readonly [digest: string, part: Part] | null {
  const { digest, total, completed } = body;
  if (typeof digest !== "string" || typeof total !== "number") return null;
  return [digest, { total, completed: typeof completed === "number" ? completed : 0 }];
}

function sumOf(parts: ReadonlyMap<string, Part>): Extract<LocalEvent, { kind: "progress" }> {
  let completedBytes = 0;
  let totalBytes = 0;
  for (const { total, completed } of parts.values()) {
    completedBytes += completed;
    totalBytes += total;
  }
  return { kind: "progress", completedBytes, totalBytes };
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024)} MiB`;
}

/** Whether what is left to download goes onto the disk; the event that ends the pull where it does not. */
async function lacksRoom(wish: PullWish, { total, completed }: Part): Promise<LocalEvent | null> {
  const free = await wish.freeBytes();
  const left = total - completed;
  if (free === null || free >= left + SPARE_BYTES) return null;
  const message = `${wish.model} needs ${mebibytes(left)} more and ${mebibytes(SPARE_BYTES)} to spare, but ${mebibytes(free)} are free`;
  return { kind: "failed", problem: diskFull(message) };
}

/**
 * Downloads a model through Ollama, which keeps what it has when it is cut off and goes on from there. Before each part is
 * downloaded, the disk is looked at. Leaving the iteration ends the download.
 */
export async function* pullModel(wish: PullWish): AsyncGenerator<LocalEvent> {
  const leave = new AbortController();
  const signal = AbortSignal.any([wish.signal, leave.signal]);
  const parts = new Map<string, Part>();
  const body = { model: wish.model, stream: true, ...(wish.isInsecure ? { insecure: true } : {}) };
  let said = "";
  let isDone = false;
  try {
    for await (const line of callOllama({ baseUrl: wish.baseUrl, path: "/api/pull", body, signal })) {
      if (!line.ok) return yield { kind: "failed", problem: line.problem };
      const part = partOf(line.body);
      if (part !== null) {
        const full = parts.has(part[0]) ? null : await lacksRoom(wish, part[1]);
        if (full !== null) return yield full;
        parts.set(...part);
        yield sumOf(parts);
        continue;
      }
      const text = typeof line.body.status === "string" ? line.body.status : "";
      isDone = text === "success";
      if (text !== said && text !== "" && !isDone) yield { kind: "step", text };
      said = text;
    }
    if (isDone) return yield { kind: "done" };
    const problem = {
      code: "ollama_refused",
      message: "the download ended without an end",
      fix: "pull it again",
    } as const;
    yield { kind: "failed", problem };
  } finally {
    leave.abort();
  }
}
