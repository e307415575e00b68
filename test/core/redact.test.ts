import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createRedactor, REDACTED } from "../../src/core/redact.ts";
import { processorMs } from "../support/own-time.ts";

const redactor = createRedactor();

/** Text, and the part of it that must not survive. */
const SECRETS: [string, string][] = [
  ["Incorrect API key provided: sk-proj-abcDEF123456.", "abcDEF123456"],
  ["key sk-ant-api03-AAAA_bbbb-CCCC1234 refused", "AAAA_bbbb-CCCC1234"],
  ["sk-or-v1-0123456789abcdef0123", "0123456789abcdef"],
  ["AIzaSyD-0123456789abcdefghijk is invalid", "SyD-0123456789"],
  ["gsk_0123456789abcdefghijABCD", "0123456789abcdef"],
  ["xai-0123456789abcdefghijABCD", "0123456789abcdef"],
  ["pplx-0123456789abcdefghij", "0123456789abcdef"],
  ["nvapi-0123456789abcdefghij", "0123456789abcdef"],
  ["hf_0123456789abcdefghij", "0123456789abcdef"],
  ["ghp_0123456789abcdefghij", "0123456789abcdef"],
  ["github_pat_0123456789abcdefghij", "0123456789abcdef"],
  ["AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"],
  ["xoxb-1234567890-abcdef", "1234567890-abcdef"],
  ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSM", "eyJzdWIiOiIxMjM0In0"],
  ["ls-0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", "0123456789abcdef"],
  ["Authorization: Bearer abc.def-123", "abc.def-123"],
  ["sent bearer  0123456789", "0123456789"],
  ["authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"],
  ["Proxy-Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"],
  ["x-api-key: 0a1b2c3d", "0a1b2c3d"],
  ["X-Goog-Api-Key=0a1b2c3d", "0a1b2c3d"],
  ["Cookie: session=abc123; theme=dark", "abc123"],
  ["Set-Cookie: __Host-s=abc123; HttpOnly", "abc123"],
  ['{"x-api-key":"0a1b2c3d"}', "0a1b2c3d"],
  ['{"Authorization": "Token 0a1b2c3d"}', "0a1b2c3d"],
  ['{"authorization":"a\\"quoted0a1b2c"}', "quoted0a1b2c"],
  ['{"body":"{\\"api_key\\":\\"0a1b2c3d\\"}"}', "0a1b2c3d"],
  ["{ authorization: 'Token 0a1b2c3d' }", "0a1b2c3d"],
  ["{ 'x-api-key': '0a1b2c3d' }", "0a1b2c3d"],
  ['api_key="0a1b2c3d"', "0a1b2c3d"],
  ["password=hunter2x", "hunter2x"],
  ["client_secret: 0a1b2c3d", "0a1b2c3d"],
  ["DEEPSEEK_API_KEY=0a1b2c3d", "0a1b2c3d"],
  ["export MY_TOKEN=0a1b2c3d", "0a1b2c3d"],
  ["GET /v1beta/models?key=0a1b2c3d&alt=sse", "0a1b2c3d"],
  ["https://host/x?a=1&access_token=0a1b2c3d", "0a1b2c3d"],
  ["https://bucket/x?X-Amz-Signature=0a1b2c3d", "0a1b2c3d"],
  ["http://user:pa55word@proxy:3128/", "pa55word"],
  ["postgres://ada:pa55word@db/x", "pa55word"],
  ["https://0a1b2c3d@host/", "0a1b2c3d"],
];

const HARMLESS = [
  "",
  "GET /v1/chat/completions 200 in 12 ms",
  "task-scheduling is fine, so are risk-averse desk-lamps",
  "model sk-1 unknown",
  '{"keyId":"key_1","usage":{"input":{"uncached":5}},"tokens":12}',
  "https://api.example.com/v1/models?alt=sse#top",
  "mail ada@example.com about it",
  "ls-…abcd is the key's hint",
  "authorization is required",
  "12:30:45 warn cooldown 30 s",
  "the bearer of bad news",
];

describe("the redactor", () => {
  for (const [text, secret] of SECRETS) {
    test(`removes the secret from ${text.slice(0, 60)}`, () => {
      expect(text).toContain(secret);
      const redacted = redactor.redact(text);
      expect(redacted).not.toContain(secret);
      expect(redacted).toContain(REDACTED);
      expect(redactor.redact(redacted)).not.toContain(secret);
    });
  }

  test("finds every shape wherever it stands in a text, however its words are written", () => {
    const noise = fc.string({ unit: fc.constantFrom(..."abz09 ,;.:=/?&{}[]\n\u00e9"), maxLength: 40 });
    const shape = fc.constantFrom(...SECRETS);
    fc.assert(
      fc.property(noise, shape, noise, fc.boolean(), (before, [text, secret], after, isUpper) => {
        const isShouted = isUpper && !/\b(?:sk|AIza|gsk|xai|pplx|nvapi|hf|ghp|github_pat|AKIA|xoxb|eyJ|ls)/.test(text);
        const written = isShouted ? text.toUpperCase() : text;
        const redacted = redactor.redact(`${before}\n${written}\n${after}`);
        expect(redacted).not.toContain(isShouted ? secret.toUpperCase() : secret);
      }),
      { numRuns: 2_000 },
    );
  });

  for (const text of HARMLESS) {
    test(`leaves alone ${JSON.stringify(text.slice(0, 60))}`, () => expect(redactor.redact(text)).toBe(text));
  }

  test("keeps what stands around a secret", () => {
    expect(redactor.redact('{"x-api-key":"0a1b2c3d","model":"m"}')).toBe(`{"x-api-key":"${REDACTED}","model":"m"}`);
    expect(redactor.redact("GET /x?key=abc&alt=sse HTTP/1.1")).toBe(`GET /x?key=${REDACTED}&alt=sse HTTP/1.1`);
    expect(redactor.redact("http://u:p@h:1/x")).toBe(`http://${REDACTED}@h:1/x`);
    expect(redactor.redact("a: 1\nCookie: x=1; y=2\nb: 2")).toBe(`a: 1\nCookie: ${REDACTED}\nb: 2`);
  });

  test("removes any string it was told, also escaped for JSON and for a URL", () => {
    const own = createRedactor();
    const secret = 'odd "secret"\\with/é and spaces';
    own.addSecret(secret);
    own.addSecret("odd");
    const texts = [
      secret,
      JSON.stringify({ a: secret }),
      JSON.stringify(JSON.stringify({ a: secret })),
      encodeURIComponent(secret),
    ];
    for (const text of texts) {
      expect(own.redact(`before ${text} after`)).toContain(REDACTED);
      expect(own.redact(text)).not.toContain("spaces");
    }
    expect(own.redact("this is odd")).toBe("this is odd");
  });

  test("prefers the longer of two secrets that start alike", () => {
    const own = createRedactor();
    own.addSecret("abcdef");
    own.addSecret("abcdefghij");
    expect(own.redact("abcdefghij abcdef")).toBe(`${REDACTED} ${REDACTED}`);
  });

  test("never lets a registered secret through and never breaks JSON, whatever surrounds it", () => {
    const secrets = fc
      .string({ minLength: 8, maxLength: 40, unit: "binary" })
      .filter((text) => !REDACTED.includes(text));
    const fields = fc.constantFrom("note", "authorization", "x-api-key", "cookie", "password", "url");
    const noise = fc.string({ unit: "binary", maxLength: 30 });
    fc.assert(
      fc.property(secrets, fields, noise, noise, (secret, field, before, after) => {
        const own = createRedactor();
        own.addSecret(secret);
        const text = JSON.stringify({
          [field]: `${before}${secret}${after}`,
          nested: JSON.stringify({ [field]: secret }),
        });
        const redacted = own.redact(text);
        const parsed = JSON.parse(redacted);
        expect(String(parsed[field])).not.toContain(secret);
        expect(redacted).not.toContain(JSON.stringify(secret).slice(1, -1));
      }),
      { numRuns: 300 },
    );
  });

  test("keeps any JSON valid", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => JSON.parse(redactor.redact(JSON.stringify({ value })))).not.toThrow();
      }),
      { numRuns: 200 },
    );
  });

  const HOSTILE = [
    "a".repeat(60_000),
    "://".repeat(20_000),
    "sk-".repeat(20_000),
    "authorization".repeat(4000),
    '"\\'.repeat(30_000),
    "A_".repeat(30_000),
    "eyJ".repeat(20_000),
    `key${" ".repeat(60_000)}`,
    "bearer ".repeat(8000),
    `authorization${" ".repeat(60_000)}x`,
  ];
  for (const text of HOSTILE) {
    test(`takes linear time on ${text.slice(0, 14)}… repeated`, () => {
      expect(processorMs(() => redactor.redact(text))).toBeLessThan(500);
    });
  }
});
