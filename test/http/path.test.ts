import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { canonicalPath, pathOf } from "../../src/http/path.ts";

describe("the one form of a path", () => {
  const cases: readonly (readonly [path: string, canonical: string])[] = [
    ["", "/"],
    ["/", "/"],
    ["//", "/"],
    ["/v1", "/v1"],
    ["/v1/", "/v1"],
    ["/v1/v1", "/v1"],
    ["/v1/chat/completions", "/v1/chat/completions"],
    ["/chat/completions", "/v1/chat/completions"],
    ["/v1/v1/chat/completions", "/v1/chat/completions"],
    ["/v1/v1/v1/chat/completions/", "/v1/chat/completions"],
    ["/v1//chat///completions//", "/v1/chat/completions"],
    ["/messages", "/v1/messages"],
    ["/v1/v1/messages/count_tokens", "/v1/messages/count_tokens"],
    ["/embeddings", "/v1/embeddings"],
    ["/models/openai/gpt-4o", "/v1/models/openai/gpt-4o"],
    ["/api/chat", "/api/chat"],
    ["/v1/api/chat", "/api/chat"],
    ["/v1/v1/api/tags/", "/api/tags"],
    ["/livez", "/livez"],
    ["/v1/readyz", "/readyz"],
    ["/v1beta/models", "/v1beta/models"],
    ["/v1/v1beta/models", "/v1beta/models"],
    ["/v10/models", "/v10/models"],
    ["/v1chat", "/v1chat"],
    ["/apis/chat", "/apis/chat"],
    ["/chatty", "/chatty"],
    ["/somewhere/else/", "/somewhere/else"],
    ["/v1/nowhere", "/v1/nowhere"],
    ["/V1/messages", "/V1/messages"],
  ];
  for (const [path, canonical] of cases) {
    test(`of "${path}" is "${canonical}"`, () => expect(canonicalPath(path)).toBe(canonical));
  }

  const piece = fc.constantFrom(
    "v1",
    "v1beta",
    "api",
    "chat",
    "completions",
    "messages",
    "models",
    "x",
    "",
    "..",
    "%2e",
  );
  const anyPath = fc.array(piece, { maxLength: 6 }).map((pieces) => `/${pieces.join("/")}`);

  test("is its own one form, begins with a slash, ends with none and has none twice", () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        const canonical = canonicalPath(path);
        expect(canonicalPath(canonical)).toBe(canonical);
        expect(canonical).toMatch(/^\/(?:[^/]+(?:\/[^/]+)*)?$/);
      }),
      { numRuns: 1000 },
    );
  });

  test("does not depend on how often the base URL's /v1 was joined to a known path", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom("/chat/completions", "/messages", "/models", "/key"),
        (times, path) => {
          expect(canonicalPath("/v1".repeat(times) + path)).toBe(canonicalPath(path));
        },
      ),
    );
  });
});

describe("the path of a URL", () => {
  const cases: readonly (readonly [url: string, path: string])[] = [
    ["http://localhost:4000/v1/models?key=a/b", "/v1/models"],
    ["http://localhost:4000/", "/"],
    ["http://localhost:4000", "/"],
    ["http://[::1]:4000/a/b", "/a/b"],
    ["https://h/a?b?c", "/a"],
  ];
  for (const [url, path] of cases) test(`${url} is ${path}`, () => expect(pathOf(url)).toBe(path));

  test("is the one that the URL standard finds", () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), (url) => {
        const request = new Request(url);
        expect(pathOf(request.url)).toBe(new URL(request.url).pathname);
      }),
    );
  });
});
