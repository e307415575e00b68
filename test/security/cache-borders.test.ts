import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { type CacheScope, chatCacheText } from "../../src/core/cache-key.ts";
import { digestOf } from "../../src/host/digest.ts";
import { chatReply } from "../support/chat-chunks.ts";
import { type FakeUpstream, startFakeUpstream } from "../support/fake-upstream.ts";
import { openTestGateway, type TestGateway } from "../support/test-gateway.ts";

let upstream: FakeUpstream;
let gateway: TestGateway;
const secrets: string[] = [];
const PROJECTS = [null, "a", "b", "a b"] as const;

beforeAll(async () => {
  upstream = await startFakeUpstream((_, index) => ({ kind: "json", body: chatReply(`answer ${index}`) }));
  gateway = await openTestGateway(`
providers: { cloud: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m, n] } }
prices: { overrides: { "cloud/m": { input: 1, output: 1 }, "cloud/n": { input: 1, output: 1 } } }
`);
  for (const name of ["one", "two", "three"]) {
    const wish = { name, project: null, models: [], expiresAt: null };
    secrets.push(gateway.opening.keyring.mint(wish).secret);
  }
});

afterAll(async () => {
  await gateway.close();
  await upstream.stop();
});

test("no hit ever crosses a key's or a project's border", async () => {
  /** Who got which answer first. */
  const owners = new Map<string, string>();
  const asking = fc.record({
    key: fc.integer({ min: 0, max: 2 }),
    project: fc.constantFrom(...PROJECTS),
    model: fc.constantFrom("cloud/m", "cloud/n"),
    question: fc.constantFrom("x", "y"),
    stream: fc.boolean(),
  });
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(asking, { minLength: 1, maxLength: 12 }), async (asked) => {
      for (const { key, project, model, question, stream } of asked) {
        const response = await gateway.fetch("/v1/chat/completions", {
          json: { model, temperature: 0, stream, messages: [{ role: "user", content: question }] },
          headers: {
            authorization: `Bearer ${secrets[key]}`,
            ...(project === null ? {} : { "x-lodestar-project": project }),
          },
        });
        const said = /answer \d+/.exec(await response.text())?.[0] ?? "";
        const owner = JSON.stringify([key, project, model, question]);
        if (response.headers.get("x-lodestar-cache")?.startsWith("hit") === true) hits += 1;
        expect(owners.get(said) ?? owner).toBe(owner);
        owners.set(said, owner);
      }
    }),
    { numRuns: 40 },
  );
  expect(hits).toBeGreaterThan(50);
});

test("two scopes that differ anywhere have different keys, and none can be written so that it reads as another", () => {
  const text = fc.oneof(fc.constantFrom('","', "null", "", "a", 'a","project":"b'), fc.string());
  const scope: fc.Arbitrary<CacheScope> = fc.record({
    keyId: fc.option(text),
    project: fc.option(text),
    target: fc.record({ provider: text, account: text, model: text }),
    baseUrl: text,
    endpoint: text,
    variant: text,
    isStrict: fc.boolean(),
    headers: fc.dictionary(text, text, { maxKeys: 2 }),
  });
  const request = { model: "m", stream: false, messages: [] };
  fc.assert(
    fc.property(scope, scope, (left, right) => {
      const isSame = Bun.deepEquals(left, right);
      expect(digestOf(chatCacheText(left, request)) === digestOf(chatCacheText(right, request))).toBe(isSame);
    }),
    { numRuns: 2_000 },
  );
});
