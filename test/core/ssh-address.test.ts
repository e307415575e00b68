import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { boxUrl, parseSshUrl, targetText } from "../../src/core/ssh-address.ts";

const OLLAMA = { host: "127.0.0.1", port: 11434 };

describe("an ssh:// URL", () => {
  test.each([
    ["ssh://ada@box/127.0.0.1:11434", { user: "ada", host: "box", port: null }, OLLAMA, ""],
    [
      "ssh://ada@box:2222/127.0.0.1:11434/v1/chat?a=b",
      { user: "ada", host: "box", port: 2222 },
      OLLAMA,
      "/v1/chat?a=b",
    ],
    ["ssh://box", { user: null, host: "box", port: null }, null, ""],
    ["ssh://box/", { user: null, host: "box", port: null }, null, ""],
    [
      "SSH://ada@GPU-box.example/localhost:1/",
      { user: "ada", host: "GPU-box.example", port: null },
      { host: "localhost", port: 1 },
      "/",
    ],
    ["ssh://ada@[fe80::1]:22/[::1]:8000", { user: "ada", host: "fe80::1", port: 22 }, { host: "::1", port: 8000 }, ""],
    ["ssh://box?api=4001", { user: null, host: "box", port: null }, null, "?api=4001"],
  ])("%s names a box, a port behind it and a path", (url, box, target, rest) => {
    expect(parseSshUrl(url)).toEqual({ ok: true, value: { box, target, rest } });
  });

  test.each([
    "ssh://-oProxyCommand=touch%20x/127.0.0.1:1",
    "ssh://-oProxyCommand=x@box/127.0.0.1:1",
    "ssh://ada@-oProxyCommand=x/127.0.0.1:1",
    "ssh://ada@box/-oProxyCommand=x:1",
    "ssh://ada:secret@box/127.0.0.1:1",
    "ssh://ada@box:-1/127.0.0.1:1",
    "ssh://ada@box:22 -oA=b/127.0.0.1:1",
    "ssh://ada@box:0/127.0.0.1:1",
    "ssh://ada@box:65536/127.0.0.1:1",
    "ssh://ada@box/127.0.0.1:99999",
    "ssh://ada@box/127.0.0.1",
    "ssh://ada@box/127.0.0.1:1:2",
    "ssh://$(id)@box/127.0.0.1:1",
    "ssh://`id`@box/127.0.0.1:1",
    "ssh://ada@box;id/127.0.0.1:1",
    "ssh://ada@box|id/127.0.0.1:1",
    "ssh://ada@box%0a/127.0.0.1:1",
    "ssh://ada@box\n/127.0.0.1:1",
    "ssh://ada@box\u0000/127.0.0.1:1",
    "ssh://ada@bóx/127.0.0.1:1",
    "ssh://ada@[::1/127.0.0.1:1",
    "ssh://ada@[-oA=b]/127.0.0.1:1",
    "ssh://@box/127.0.0.1:1",
    "ssh://ada@/127.0.0.1:1",
    "ssh://",
    "ssh:ada@box",
    "ssh://ada@box//etc/passwd:1",
    "ssh://ada@box/%2e%2e:1",
    "http://box",
  ])("%j is refused, and the words do not repeat it", (url) => {
    const parsed = parseSshUrl(url);
    expect(parsed.ok).toBe(false);
    expect(parsed.ok ? "" : parsed.error).not.toContain("secret");
    expect(parsed.ok ? "" : parsed.error).not.toContain("oProxy");
  });

  test("no text at all becomes an option or a second word of a command line", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.constantFrom("-o", "-", "@", ":", "/", "[", "]", "%", " ", "$(x)", "box", "22", "::1", "127.0.0.1:1"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const parsed = parseSshUrl(`ssh://${pieces.join("")}`);
        if (!parsed.ok) return;
        const { box, target } = parsed.value;
        for (const word of [box.user ?? "a", box.host, target?.host ?? "a"]) {
          expect(word).toMatch(/^[A-Za-z0-9_:][A-Za-z0-9_.:+-]*$/);
        }
        for (const port of [box.port ?? 1, target?.port ?? 1]) expect(port >= 1 && port <= 65_535).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("a box and a target are written as they are read", () => {
    for (const url of ["ssh://ada@box:22/127.0.0.1:1", "ssh://[::1]/[::1]:80", "ssh://box/localhost:8000"]) {
      const parsed = parseSshUrl(url);
      if (!parsed.ok || parsed.value.target === null) throw new Error(url);
      expect(`${boxUrl(parsed.value.box)}/${targetText(parsed.value.target)}`).toBe(url);
    }
  });
});
