import type { EncodeTarget } from "../dialect.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const NINE = /^[A-Za-z0-9]{9}$/;
const NINE_CHARS = 9;

/** FNV-1a over UTF-16 code units in 64 bits (Fowler, Noll, Vo): enough to keep the ids of one conversation apart. */
function hash64(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (let index = 0; index < text.length; index++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(index))) * 0x100000001b3n);
  }
  return hash;
}

function nineCharacters(id: string): string {
  let rest = hash64(id);
  let text = "";
  for (let index = 0; index < NINE_CHARS; index++) {
    text += ALPHABET[Number(rest % 62n)];
    rest /= 62n;
  }
  return text;
}

/** A tool call's id as the target takes it. Deterministic, so that a call and its result stay together in every turn. */
export function toolIdFor(id: string, target: Pick<EncodeTarget, "toolIds">): string {
  return target.toolIds === undefined || NINE.test(id) ? id : nineCharacters(id);
}

/** An id for a call that came without one: made of the answer's id and the call's place in it. */
export function mintToolId(answerId: string, ordinal: number): string {
  return `call_${answerId.replace(/[^A-Za-z0-9_-]/g, "").slice(-32)}_${ordinal}`;
}
