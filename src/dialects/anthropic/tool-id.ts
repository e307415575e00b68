const VALID = /^[A-Za-z0-9_-]+$/;

/** 32-bit FNV-1a over UTF-16 units, in base 36: only to keep two ids apart that differ in forbidden characters. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

/**
 * A tool call's id in the characters that Anthropic accepts, `[A-Za-z0-9_-]`. Valid ids stay; others are mapped by their text
 * alone, so that a call and its result still meet.
 */
export function toToolId(id: string): string {
  if (VALID.test(id)) return id;
  const readable = id.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 40);
  return `${readable === "" ? "toolu" : readable}_${fingerprint(id)}`;
}
