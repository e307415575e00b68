import { expect, test } from "bun:test";
import fc from "fast-check";
import { cacheWishOf } from "../../src/http/cache-wish.ts";

const cases: readonly (readonly [headers: Record<string, string>, wish: object])[] = [
  [{}, { switch: null, maxAgeMs: null }],
  [{ "x-lodestar-cache": " Refresh " }, { switch: "refresh", maxAgeMs: null }],
  [{ "x-lodestar-cache": "" }, { switch: null, maxAgeMs: null }],
  [{ "cache-control": "No-Cache, max-age=60" }, { switch: "refresh", maxAgeMs: 60_000 }],
  [{ "cache-control": 'max-age="5"' }, { switch: null, maxAgeMs: 5_000 }],
  [{ "cache-control": "no-store, no-cache" }, { switch: "off", maxAgeMs: null }],
  [{ "cache-control": "only-if-cached" }, { switch: "only", maxAgeMs: null }],
  [{ "cache-control": "max-age=-1, private, s-maxage=9" }, { switch: null, maxAgeMs: null }],
  [
    { "cache-control": "no-store, max-age=9", "x-lodestar-cache": "only" },
    { switch: "only", maxAgeMs: 9_000 },
  ],
];

test.each(cases)("%p is read", (headers, wish) => {
  expect(cacheWishOf(new Headers(headers))).toMatchObject({ ok: true, value: wish });
});

test("a word nobody knows is refused, with the one it may have meant", () => {
  expect(cacheWishOf(new Headers({ "x-lodestar-cache": "onyl" }))).toMatchObject({
    ok: false,
    error: { status: 400, param: "x-lodestar-cache", message: expect.stringContaining('"only"') },
  });
});

test("whatever stands in cache-control, it is read and never refused", () => {
  const value = fc.string({ unit: "grapheme-ascii" }).map((text) => text.replace(/[^\x20-\x7e]/g, ""));
  fc.assert(
    fc.property(value, (text) => {
      expect(cacheWishOf(new Headers({ "cache-control": text })).ok).toBe(true);
    }),
  );
});
