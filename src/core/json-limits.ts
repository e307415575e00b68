import type { JsonValue } from "./json.ts";

/** How large a parsed JSON value may be. A node is any value; the root is at depth 1. */
export interface JsonLimits {
  readonly maxDepth: number;
  readonly maxNodes: number;
  /** Members of one object. */
  readonly maxKeys: number;
}

/** Limits for what clients send: deeper than any tool schema, more nodes than any batch of embeddings. */
const CLIENT_JSON_LIMITS: JsonLimits = { maxDepth: 64, maxNodes: 4_000_000, maxKeys: 20_000 };

interface Level {
  readonly values: readonly JsonValue[];
  next: number;
}

/**
 * Why a parsed value is too large, in words, or null when it is within the limits. Walks without recursion: `JSON.parse` takes
 * a nesting of millions, on which any recursive reader, `JSON.stringify` included, would fail later.
 */
export function jsonLimitExceeded(value: JsonValue, limits: JsonLimits = CLIENT_JSON_LIMITS): string | null {
  const path: Level[] = [{ values: [value], next: 0 }];
  let nodes = 0;
  for (let level = path.at(-1); level !== undefined; level = path.at(-1)) {
    if (level.next === level.values.length) {
      path.pop();
      continue;
    }
    nodes += 1;
    const node = level.values[level.next];
    level.next += 1;
    if (nodes > limits.maxNodes) return `it holds more than ${limits.maxNodes} values`;
    if (typeof node !== "object" || node === null) continue;
    // An empty container is a level of its own too: `[[]]` is two deep.
    if (path.length > limits.maxDepth) return `it is nested more than ${limits.maxDepth} levels deep`;
    const values = Array.isArray(node) ? node : Object.values(node);
    if (values !== node && values.length > limits.maxKeys)
      return `an object in it has more than ${limits.maxKeys} members`;
    path.push({ values, next: 0 });
  }
  return null;
}
