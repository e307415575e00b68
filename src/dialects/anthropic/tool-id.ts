import { fnv1a } from "../../core/fnv.ts";

const VALID = /^[A-Za-z0-9_-]+$/;

/**
 * A tool call's id in the characters that Anthropic accepts, `[A-Za-z0-9_-]`. Valid ids stay; others are mapped by their text
 * alone, so that a call and its result still meet.
 */
export function toToolId(id: string): string {
  if (VALID.test(id)) return id;
  const readable = id.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 40);
  return `${readable === "" ? "toolu" : readable}_${fnv1a(id).toString(36)}`;
}
