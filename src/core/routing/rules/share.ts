import { fnv1a } from "../../fnv.ts";
import type { RuleShare } from "./rule.ts";

/** The finalizer of MurmurHash3 (Austin Appleby, public domain): spreads FNV's weak high bits, which order a hash. */
function spread(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Where a conversation stands for a rule, from 0 up to 100: always at the same place, and for each rule at another. */
export function placeOf(rule: string, conversationKey: string): number {
  return (spread(fnv1a(`${rule}\n${conversationKey}`)) / 2 ** 32) * 100;
}

/** The share that a place falls into; null for what is left over. */
export function shareAt(shares: readonly RuleShare[], place: number): RuleShare | null {
  let end = 0;
  for (const share of shares) {
    end += share.percent;
    if (place < end) return share;
  }
  return null;
}

/** How much of 100 all shares take together. */
export function totalPercent(shares: readonly RuleShare[]): number {
  return shares.reduce((sum, { percent }) => sum + percent, 0);
}
