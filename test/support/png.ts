import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A whole PNG of one grey, as base64: every chunk has its true CRC. Source: the PNG specification, 5.3. */
export function greyPng(width: number, height: number, shade: number): string {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits of grey; the other three bytes are the only methods there are, and no interlacing.
  header.writeUInt8(8, 8);
  const row = Buffer.concat([Buffer.of(0), Buffer.alloc(width, shade)]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", pixels),
    chunk("IEND", new Uint8Array()),
  ]).toString("base64");
}

/** The chunks of a PNG by name, in order; throws where the signature or a CRC is wrong. */
export function chunksOf(base64: string): readonly string[] {
  const bytes = Buffer.from(base64, "base64");
  if (!bytes.subarray(0, 8).equals(SIGNATURE)) throw new Error("no PNG");
  const names: string[] = [];
  for (let at = 8; at < bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    const body = bytes.subarray(at + 4, end);
    if (crc32(body) !== bytes.readUInt32BE(end)) throw new Error("a wrong CRC");
    names.push(body.toString("latin1", 0, 4));
    at = end + 4;
  }
  return names;
}
