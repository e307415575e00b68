/** SHA-256 of a text's UTF-8 bytes, in hex. */
export function digestOf(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
