import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseOllamaHost } from "../../src/config/ollama-host.ts";

describe("OLLAMA_HOST", () => {
  test.each([
    ["", "http://127.0.0.1:11434"],
    ["box", "http://box:11434"],
    ["box:1234", "http://box:1234"],
    [":1234", "http://127.0.0.1:1234"],
    ["0.0.0.0", "http://127.0.0.1:11434"],
    ["0.0.0.0:1234", "http://127.0.0.1:1234"],
    ["10.1.2.3", "http://10.1.2.3:11434"],
    ["[::1]", "http://[::1]:11434"],
    ["[::1]:1234", "http://[::1]:1234"],
    ["::1", "http://[::1]:11434"],
    ["[::]:1234", "http://[::1]:1234"],
    ["::", "http://[::1]:11434"],
    ["http://box", "http://box"],
    ["http://box:1234/", "http://box:1234"],
    ["https://box", "https://box"],
    ["https://box:11434", "https://box:11434"],
    ["https://box/ollama/", "https://box/ollama"],
    ["box:1234/prefix", "http://box:1234/prefix"],
    ['"box:1234"', "http://box:1234"],
    ["'box'", "http://box:11434"],
    ["  box  ", "http://box:11434"],
    ["HTTP://Box", "http://box"],
  ])("%p leads to %s", (value, baseUrl) => expect(parseOllamaHost(value)).toEqual({ baseUrl, note: null }));

  test.each(["box:99999", "box:x", "box:-1", "box:0"])("%p falls back to the default port and says so", (value) => {
    const { baseUrl, note } = parseOllamaHost(value);
    expect(baseUrl).toBe("http://box:11434");
    expect(note).toBe("OLLAMA_HOST has an invalid port; 11434 is used");
  });

  test.each(["bo x", "http://user:password@box", "box?x=1"])("%p is no host, and its text is not repeated", (value) => {
    const { baseUrl, note } = parseOllamaHost(value);
    expect(baseUrl).toBe("http://127.0.0.1:11434");
    expect(note).toBe("OLLAMA_HOST is no host or URL; the default is used");
  });

  test("any text at all leads to a URL that can be called", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const { baseUrl } = parseOllamaHost(value);
        expect(URL.parse(baseUrl)?.protocol).toMatch(/^https?:$/);
        expect(baseUrl.endsWith("/")).toBe(false);
      }),
    );
  });
});
