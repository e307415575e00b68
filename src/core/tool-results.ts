import type { JsonValue } from "./json.ts";

/** Which tool a result belongs to. */
export type ToolKind = "diff-notes" | "repair" | "tournament";

/**
 * Results that our tools paid for, found again by what they were asked: the second run on the same thing is free. Bounded in
 * size; what was written longest ago goes first.
 */
export interface ToolResults {
  /** Null where nothing is kept. `key` is a SHA-256 in hex of all that decides the result. */
  find(kind: ToolKind, key: string): JsonValue | null;
  /** Keeps a result, in place of one with the same key. `at` in Unix ms. */
  save(kind: ToolKind, key: string, at: number, value: JsonValue): void;
  close(): void;
}
