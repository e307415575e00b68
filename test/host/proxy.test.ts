import { describe, expect, test } from "bun:test";
import { proxyFromEnvironment } from "../../src/host/proxy.ts";

const PROXY = "http://proxy.corp:3128";

function proxyOf(env: Record<string, string>, url: string): string | null {
  const made = proxyFromEnvironment(env);
  if (!made.ok) throw new Error(made.error);
  return made.value(new URL(url));
}

describe("the proxy from the environment", () => {
  const cases: [string, Record<string, string>, string, string | null][] = [
    ["none by default", {}, "https://api.openai.com/", null],
    ["HTTPS_PROXY for https", { HTTPS_PROXY: PROXY }, "https://api.openai.com/", `${PROXY}/`],
    ["HTTPS_PROXY not for http", { HTTPS_PROXY: PROXY }, "http://lab.corp/", null],
    ["HTTP_PROXY for http", { HTTP_PROXY: PROXY }, "http://lab.corp/", `${PROXY}/`],
    ["lower case first", { HTTPS_PROXY: "http://other:1", https_proxy: PROXY }, "https://x.com/", `${PROXY}/`],
    ["ALL_PROXY for both", { ALL_PROXY: PROXY }, "http://x.com/", `${PROXY}/`],
    ["a proxy without a scheme", { HTTPS_PROXY: "proxy.corp:3128" }, "https://x.com/", `${PROXY}/`],
    ["a proxy with credentials", { HTTPS_PROXY: "http://u:p@proxy:1" }, "https://x.com/", "http://u:p@proxy:1/"],
    ["never for localhost", { HTTP_PROXY: PROXY }, "http://localhost:11434/", null],
    ["never for a name below localhost", { HTTP_PROXY: PROXY }, "http://a.localhost/", null],
    ["never for 127.0.0.0/8", { HTTP_PROXY: PROXY }, "http://127.9.9.9/", null],
    ["never for ::1", { HTTP_PROXY: PROXY }, "http://[::1]:11434/", null],
    ["for other private addresses", { HTTP_PROXY: PROXY }, "http://10.0.0.1/", `${PROXY}/`],
    ["not for a name in NO_PROXY", { HTTP_PROXY: PROXY, NO_PROXY: "a.com, lab.corp" }, "http://lab.corp/", null],
    ["not below a name in NO_PROXY", { HTTP_PROXY: PROXY, NO_PROXY: "corp" }, "http://lab.corp/", null],
    ["not below a dotted name", { HTTP_PROXY: PROXY, NO_PROXY: ".corp" }, "http://lab.corp/", null],
    ["not below a starred name", { HTTP_PROXY: PROXY, NO_PROXY: "*.corp" }, "http://lab.corp/", null],
    ["but for a name that merely ends alike", { HTTP_PROXY: PROXY, NO_PROXY: "corp" }, "http://mycorp/", `${PROXY}/`],
    ["not for anything with *", { HTTP_PROXY: PROXY, NO_PROXY: "*" }, "http://lab.corp/", null],
    ["not for a port in NO_PROXY", { HTTP_PROXY: PROXY, NO_PROXY: "lab.corp:8000" }, "http://lab.corp:8000/", null],
    ["but for another port", { HTTP_PROXY: PROXY, NO_PROXY: "lab.corp:8000" }, "http://lab.corp/", `${PROXY}/`],
    ["not for a default port in NO_PROXY", { HTTP_PROXY: PROXY, NO_PROXY: "lab.corp:80" }, "http://lab.corp/", null],
    ["not for a block in NO_PROXY", { HTTP_PROXY: PROXY, no_proxy: "10.0.0.0/8" }, "http://10.2.3.4/", null],
    ["but outside the block", { HTTP_PROXY: PROXY, NO_PROXY: "10.0.0.0/8" }, "http://11.2.3.4/", `${PROXY}/`],
    ["not for an IPv6 address in NO_PROXY", { HTTP_PROXY: PROXY, NO_PROXY: "fd00::1" }, "http://[fd00::1]/", null],
    ["nothing of a malformed block", { HTTP_PROXY: PROXY, NO_PROXY: "10.0.0.0/x" }, "http://10.0.0.1/", `${PROXY}/`],
  ];
  for (const [title, env, url, expected] of cases) test(`is ${title}`, () => expect(proxyOf(env, url)).toBe(expected));

  for (const value of ["socks5://u:secret@proxy:1080", "http://", "http://[secret"]) {
    test(`is refused when it is ${value.split("@")[0]}, without showing the value`, () => {
      const made = proxyFromEnvironment({ HTTPS_PROXY: value });
      expect(made.ok).toBe(false);
      if (made.ok) return;
      expect(made.error).toContain("HTTPS_PROXY");
      expect(made.error).not.toContain("secret");
    });
  }
});
