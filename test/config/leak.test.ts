import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { showSettings } from "../../src/config/show.ts";
import { storeSecret } from "../../src/host/secrets.ts";
import { makeSandbox } from "./sandbox.ts";

/** Turns up wherever a secret would: it must be in the settings and nowhere else. */
const CANARY = "sk-canary-5f2c9e7a41b8";

/** Ways to write a secret where it belongs, and where people put it by mistake. */
const BLOCKS: Readonly<Record<string, string>> = {
  "a named variable": "providers: { openai: { key: env:MINE } }",
  "a key file": "providers: { openai: { key: file:mine.key } }",
  "several accounts": "providers: { openai: { accounts: [{ key: env:MINE }, { key: file:mine.key }] } }",
  "the key itself": `providers: { openai: { key: ${CANARY} } }`,
  "the key itself as an account": `providers: { openai: { accounts: [{ key: ${CANARY} }] } }`,
  "a header": `providers: { lab: { baseUrl: "http://lab/v1", headers: { x-lab-key: ${CANARY} } } }`,
  "a credential header": `providers: { lab: { baseUrl: "http://lab/v1", headers: { Authorization: Bearer ${CANARY} } } }`,
  "a URL's password": `providers: { lab: { baseUrl: "https://me:${CANARY}@lab/v1" } }`,
  "a URL's query": `providers: { lab: { baseUrl: "https://lab/v1?key=${CANARY}" } }`,
  "an unknown setting": `providers: { openai: { apiKey: ${CANARY} } }`,
  "a setting of another kind": `providers: { openai: { models: ${CANARY}, off: ${CANARY}, dialect: ${CANARY} } }`,
  "a half-written line": `providers: { openai: { key: "${CANARY}`,
};

describe("no secret is told to anyone", () => {
  test.each(Object.entries(BLOCKS))("given as %s", (_, text) => {
    const sandbox = makeSandbox(text);
    sandbox.write(".config/lodestar/mine.key", CANARY);
    storeSecret(sandbox.stateDir, "groq", CANARY);
    const result = sandbox.load({ MINE: CANARY, ANTHROPIC_API_KEY: CANARY });
    const told = result.ok
      ? [JSON.stringify(result.value.findings), JSON.stringify(result.value.watch), showSettings(result.value)]
      : [JSON.stringify(result.error)];
    expect(told.join("\n")).not.toContain(CANARY);
    expect(told.join("").length).toBeGreaterThan(50);
  });

  test("by the variables that move a provider", () => {
    const variables = fc.constantFrom("LODESTAR_OPENAI_BASE_URL", "OLLAMA_HOST", "LODESTAR_OLLAMA_BASE_URL");
    const urls = fc.constantFrom(
      `https://me:${CANARY}@host`,
      `http://${CANARY}@host:1`,
      `me:${CANARY}@host`,
      `https://h/?k=${CANARY}`,
    );
    fc.assert(
      fc.property(variables, urls, (variable, url) => {
        const result = makeSandbox().load({ [variable]: url });
        expect(JSON.stringify(result.ok ? [result.value.findings, result.value.settings] : result.error)).not.toContain(
          CANARY,
        );
      }),
    );
  });

  test("but it does reach the account that it is for", () => {
    const result = makeSandbox("providers: { openai: { key: env:MINE } }").load({ MINE: CANARY });
    expect(result.ok && result.value.settings.providers[0]?.accounts[0]?.key).toBe(CANARY);
  });
});
