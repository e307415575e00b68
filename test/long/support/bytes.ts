import type { Chance } from "./chance.ts";

/** Pieces that parsers trip over. */
const NASTY_PIECES = [
  "\u0000",
  "\r\n\r\n",
  "\n\n",
  "data: ",
  "data: [DONE]\n\n",
  "event: error\n",
  ": comment\n\n",
  "\ufeff",
  "\u2028",
  '"',
  "\\",
  "\\ud800",
  "{",
  "}",
  "[",
  "]",
  ",",
  "null",
  "1e999",
  "-0",
  "NaN",
  '{"__proto__":{"a":1}}',
  "𝄞",
  "\t",
];

const UTF8 = new TextEncoder();

/** Bytes with one piece put in, or taking the place of others. */
function splice(bytes: Uint8Array, at: number, removed: number, piece: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + removed)]);
}

function flipBit(bytes: Uint8Array, at: number, chance: Chance): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << chance.below(8));
  return copy;
}

/** One small damage: a flipped bit, a cut, a piece lost, doubled, moved or put in, or bytes that are no UTF-8. */
function damage(bytes: Uint8Array, chance: Chance): Uint8Array {
  if (bytes.length === 0) return UTF8.encode(chance.pick(NASTY_PIECES));
  const at = chance.below(bytes.length);
  const length = chance.below(Math.min(64, bytes.length - at) + 1);
  switch (chance.below(8)) {
    case 0:
    case 1:
      return flipBit(bytes, at, chance);
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return splice(bytes, at, length, new Uint8Array());
    case 4:
      return splice(bytes, at, 0, bytes.subarray(at, at + length));
    case 5:
      return splice(bytes, at, 0, UTF8.encode(chance.pick(NASTY_PIECES)));
    case 6:
      return splice(bytes, at, length, Buffer.from([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80].slice(chance.below(6))));
    default:
      return splice(bytes, at, length, bytes.subarray(chance.below(at + 1), at));
  }
}

/** One to `most` damages after each other. */
export function damageOften(bytes: Uint8Array, most: number, chance: Chance): Uint8Array {
  let damaged = bytes;
  for (let left = 1 + chance.below(most); left > 0; left -= 1) damaged = damage(damaged, chance);
  return damaged;
}
