import { describe, expect, test } from "bun:test";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { readBody } from "../../src/http/admission-body.ts";

const LIMIT = 10_000;

function request(
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null,
  headers: Record<string, string> = {},
): Request {
  return new Request("http://localhost/v1/chat/completions", { method: "POST", body, headers });
}

async function code(sent: Request, limit = LIMIT): Promise<string> {
  const outcome = await readBody(sent, limit);
  return outcome.ok ? "ok" : `${outcome.error.status} ${outcome.error.code}`;
}

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const queue = [...chunks];
  return new ReadableStream({
    pull(controller) {
      const next = queue.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
  });
}

describe("a request body", () => {
  test("comes as its own text and as what it means", async () => {
    const text = '{ "model" : "ü 漢 \\u0041", "n": 1 }';
    expect(await readBody(request(text), LIMIT)).toEqual({
      ok: true,
      value: { text, json: { model: "ü 漢 A", n: 1 } },
    });
    expect(await readBody(request(streamOf([Buffer.from(text)])), LIMIT)).toMatchObject({ ok: true, value: { text } });
  });

  const cases: [string, string | Uint8Array<ArrayBuffer> | null, string][] = [
    ["absent", null, "400 empty_body"],
    ["empty", "", "400 empty_body"],
    ["only white space", "  \n", "400 invalid_json"],
    ["cut off", '{"model":"x', "400 invalid_json"],
    ["a form", "model=x&stream=true", "400 invalid_json"],
    ["two values", "{}{}", "400 invalid_json"],
    ["with a trailing comma", '{"a":1,}', "400 invalid_json"],
    ["with NaN", '{"a":NaN}', "400 invalid_json"],
    ["with a raw line break in a string", '{"a":"\n"}', "400 invalid_json"],
    ["not UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "400 invalid_utf8"],
    ["UTF-8 cut within a character", new Uint8Array([0x22, 0xe6, 0xbc]), "400 invalid_utf8"],
    ["an encoded surrogate", new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), "400 invalid_utf8"],
    ["an overlong slash", new Uint8Array([0x22, 0xc0, 0xaf, 0x22]), "400 invalid_utf8"],
    ["UTF-16", Buffer.from('{"a":1}', "utf16le"), "400 invalid_json"],
    ["nested too deep", `${"[".repeat(65)}${"]".repeat(65)}`, "400 json_too_complex"],
    ["nested absurdly deep", `${"[".repeat(4999)}${"]".repeat(4999)}`, "400 json_too_complex"],
    ["nested as deep as allowed", `${"[".repeat(64)}${"]".repeat(64)}`, "ok"],
    ["named like a prototype", '{"__proto__":{"a":1},"constructor":{}}', "ok"],
    ["not an object", "42", "ok"],
    ["too large", `"${"x".repeat(LIMIT)}"`, "413 request_too_large"],
    ["exactly as large as allowed", `"${"x".repeat(LIMIT - 2)}"`, "ok"],
  ];
  for (const [title, body, expected] of cases) {
    test(`that is ${title} is ${expected}`, async () => expect(await code(request(body))).toBe(expected));
  }

  test("that announces too much is refused unread", async () => {
    const sent = request("{}", { "content-length": "99999999" });
    expect(await code(sent)).toBe("413 request_too_large");
  });

  test("without a length is counted while it comes, and no longer read once it is too large", async () => {
    let wasCancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(4000)),
      cancel: () => {
        wasCancelled = true;
      },
    });
    expect(await code(request(endless))).toBe("413 request_too_large");
    expect(wasCancelled).toBe(true);
  });

  test("with a length that is no number is refused or counted, never believed", async () => {
    for (const length of ["-1", "abc", "1e99", "0x10"]) {
      const sent = new Request("http://localhost/", {
        method: "POST",
        body: streamOf([Buffer.from(`"${"x".repeat(LIMIT)}"`)]),
        headers: { "content-length": length },
      });
      expect(await code(sent)).toBe("413 request_too_large");
    }
  });

  test("says in its error what to do", async () => {
    const outcome = await readBody(request("x".repeat(20)), 10);
    expect(outcome.ok ? "" : outcome.error.message).toContain("maxBody under");
    expect(outcome.ok ? null : outcome.error.shouldRetry).toBe(false);
  });

  test("never throws, whatever the bytes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom("", "gzip", "br", "zstd", "deflate", "x"),
        async (bytes, encoding) => {
          const outcome = await readBody(
            request(new Uint8Array(bytes), encoding === "" ? {} : { "content-encoding": encoding }),
            LIMIT,
          );
          if (!outcome.ok) expect(outcome.error.status).toBeGreaterThanOrEqual(400);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("a compressed request body", () => {
  const packers: [string, (bytes: Uint8Array) => Uint8Array<ArrayBuffer>][] = [
    ["gzip", gzipSync],
    ["x-gzip", gzipSync],
    ["GZIP", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
    ["zstd", zstdCompressSync],
  ];
  for (const [encoding, pack] of packers) {
    const headers = { "content-encoding": encoding };
    test(`with ${encoding} is unpacked`, async () => {
      const outcome = await readBody(request(pack(Buffer.from('{"a":"ü"}')), headers), LIMIT);
      expect(outcome).toEqual({ ok: true, value: { text: '{"a":"ü"}', json: { a: "ü" } } });
    });
    test(`with ${encoding} may not unpack to more than the limit`, async () => {
      const bomb = pack(new Uint8Array(5_000_000));
      expect(bomb.length).toBeLessThan(LIMIT);
      expect(await code(request(bomb, headers))).toBe("413 request_too_large");
    });
    test(`that only claims to be ${encoding} is refused`, async () => {
      expect(await code(request('{"a":1}', headers))).toBe("400 bad_encoding");
      // zstd gives back what it could unpack of a cut body, which then is no JSON.
      const cut = pack(Buffer.from('{"a":1}')).slice(0, -4);
      expect(["400 bad_encoding", "400 invalid_json"]).toContain(await code(request(cut, headers)));
    });
  }

  for (const encoding of ["compress", "gzip, br", "toString", "__proto__", "utf-8", "aws-chunked"]) {
    test(`with ${encoding} is not understood`, async () => {
      expect(await code(request("{}", { "content-encoding": encoding }))).toBe("415 unsupported_encoding");
    });
  }

  test("with identity is not compressed", async () => {
    expect(await code(request("{}", { "content-encoding": "Identity" }))).toBe("ok");
  });
});
