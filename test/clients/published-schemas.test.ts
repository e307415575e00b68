import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/core/json.ts";
import type { DialectName } from "../../src/core/request.ts";
import { TRANSLATED, withDetail } from "../real/schemas-translated.ts";
import { installAgents } from "./install.ts";
import { openApiOfDiscovery, SPECS, STEADY, type StrictFake, specFile, startStrictFake } from "./strict-fake.ts";

/** As the agents: from the network, so only where somebody asked for them. */
const IS_WANTED = process.env.LODESTAR_TEST_CLIENTS !== undefined;
const NOT_WANTED = IS_WANTED ? "" : " (skipped: run `npm run test:clients`, or set LODESTAR_TEST_CLIENTS to a folder)";
const PROBLEMS = IS_WANTED ? [...(await installAgents([STEADY, SPECS])).values()] : [];

const GEMINI_PATH = "/v1beta/models/m:generateContent";
const BEARER = { authorization: "Bearer x" };

interface Service {
  readonly to: DialectName;
  /** Read when the packages are there. */
  readonly spec: () => string | JsonObject;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Something that its document forbids, and where. */
  readonly wrong: readonly [JsonObject, string];
}

/** One request for each item: the fake takes a list of two messages whose contents are lists for no list of items. */
function itemByItem(body: JsonObject): readonly JsonObject[] {
  return Array.isArray(body.input) ? body.input.map((item) => ({ ...body, input: [item] })) : [body];
}

/** Ollama publishes no document; its SDK's types check what is sent there. */
const SERVICES: readonly Service[] = [
  {
    to: "openai-chat",
    spec: () => specFile("openai/official/openapi.yml"),
    path: "/chat/completions",
    headers: BEARER,
    wrong: [{ model: "m", messages: [{ role: "user", content: 7 }] }, "body.messages"],
  },
  {
    to: "openai-responses",
    spec: () => specFile("openai/official/openapi.yml"),
    path: "/responses",
    headers: BEARER,
    wrong: [{ model: "m", input: "x", max_output_tokens: "many" }, "body.max_output_tokens"],
  },
  {
    to: "anthropic",
    spec: () => specFile("anthropic/official/openapi.yml"),
    path: "/v1/messages",
    headers: { "x-api-key": "x", "anthropic-version": "2023-06-01" },
    wrong: [{ model: "m", messages: [] }, "max_tokens"],
  },
  {
    to: "gemini",
    spec: () => openApiOfDiscovery(specFile("gemini/official/discovery.json"), GEMINI_PATH, "GenerateContentRequest"),
    path: GEMINI_PATH,
    headers: {},
    wrong: [{ contents: [{ parts: [{ txt: "x" }] }] }, "txt"],
  },
];

describe.skipIf(!IS_WANTED)(`what Lodestar sends upstream, to the published schema of its service${NOT_WANTED}`, () => {
  test("the schemas and the fake that serves them are there", () => {
    expect(PROBLEMS).toEqual([]);
  });

  describe.each(SERVICES)("$to", ({ to, spec, path, headers, wrong: [wrong, where] }) => {
    let fake: StrictFake;
    beforeAll(async () => {
      fake = await startStrictFake(spec());
    });
    afterAll(() => fake.stop());

    test("keeps to it, whichever dialect the client spoke", async () => {
      const faults = new Set<string>();
      const sent = TRANSLATED.filter((one) => one.to === to);
      for (const { from, body } of sent) {
        for (const asked of to === "openai-responses" ? itemByItem(body) : [body]) {
          for (const fault of await fake.faultsOf(path, withDetail(asked), headers)) faults.add(`${from}: ${fault}`);
        }
      }
      expect(sent.length).toBeGreaterThan(100);
      expect([...faults]).toEqual([]);
    }, 60_000);

    test("and the fake does see what is wrong", async () => {
      expect((await fake.faultsOf(path, JSON.stringify(wrong), headers)).join("\n")).toContain(where);
    });
  });
});
