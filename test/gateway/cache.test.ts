import { describe, expect, test } from "bun:test";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import type { FakeUpstream } from "../support/fake-upstream.ts";
import { messagesEvents, messagesReply, ollamaLines, ollamaReply } from "../support/other-replies.ts";
import type { TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";
import { WIRE_NAMES, WIRES, type WireName } from "./cache-wires.ts";

const world = createWorld();

function isStream(call: { readonly path: string; readonly body: string }): boolean {
  return call.path.includes("stream") || JSON.parse(call.body).stream === true;
}

/** What is said changes from call to call, so that a kept answer is told from a new one. */
async function counting(): Promise<FakeUpstream> {
  return world.fake((call, index) => {
    const text = `answer ${index + 1}`;
    if (call.path.startsWith("/api")) {
      if (isStream(call)) return { kind: "stream", type: "application/x-ndjson", chunks: ollamaLines([text]) };
      return { kind: "json", body: ollamaReply(text) };
    }
    if (call.path.endsWith("/messages")) {
      if (isStream(call)) return { kind: "stream", chunks: messagesEvents([text]) };
      return { kind: "json", body: messagesReply(text) };
    }
    if (isStream(call)) return { kind: "stream", chunks: chatChunks([text]) };
    return { kind: "json", body: chatReply(text) };
  });
}

function configOf(upstream: FakeUpstream, more = ""): string {
  return `
providers:
  cloud: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m] }
  claude: { dialect: anthropic, baseUrl: "${upstream.url}/v1", models: [m] }
prices: { overrides: { "cloud/m": { input: 1, output: 1 }, "claude/m": { input: 1, output: 1 } } }
${more}`;
}

async function open(more = ""): Promise<{ gateway: TestGateway; upstream: FakeUpstream }> {
  const upstream = await counting();
  return { upstream, gateway: await world.gateway(configOf(upstream, more)) };
}

const QUESTION = "what is a waist?";

const TARGET = "cloud/m";

function ask(gateway: TestGateway, name: WireName, stream: boolean, headers: Record<string, string> = {}) {
  const { path, body } = WIRES[name];
  return gateway.fetch(path(TARGET, stream), { json: body(TARGET, QUESTION, stream), headers });
}

/** What differs from answer to answer by right: ids of ours, times, costs. */
function comparable(wire: string): string {
  return wire
    .replace(/req_[\w-]+/g, "req_")
    .replace(/"created(?:_at)?":[^,}]+/g, '"created":0')
    .replace(/"cost":[^,}]+/g, '"cost":0')
    .replace(/"cost_details":\{[^}]*\}/g, '"cost_details":{}')
    .replace(/"cost_saved":[^,}]+/g, '"cost_saved":0');
}

describe("an answer is given again", () => {
  for (const name of WIRE_NAMES) {
    for (const stream of [false, true]) {
      test(`in ${name}, ${stream ? "streamed" : "whole"}, byte for byte but for ids and cost`, async () => {
        const { gateway, upstream } = await open();
        const first = await ask(gateway, name, stream);
        const told = await first.text();
        const second = await ask(gateway, name, stream);
        expect(comparable(await second.text())).toBe(comparable(told));
        expect(upstream.calls).toHaveLength(1);
        expect(first.headers.get("x-lodestar-cache")).toBe(stream ? "miss" : "stored");
        expect(second.headers.get("x-lodestar-cache")).toMatch(/^hit; age=\d+$/);
        expect(second.headers.get("content-type")).toBe(first.headers.get("content-type") ?? "");
        expect(second.headers.get("x-lodestar-model")).toBe("m");
      });
    }
  }

  for (const from of WIRE_NAMES) {
    for (const to of WIRE_NAMES) {
      for (const [asked, again] of [
        [true, false],
        [false, true],
      ] as const) {
        test(`asked in ${from} ${asked ? "streamed" : "whole"}, again in ${to} ${again ? "streamed" : "whole"}`, async () => {
          const { gateway, upstream } = await open();
          await (await ask(gateway, from, asked)).text();
          const second = await ask(gateway, to, again);
          const text = await second.text();
          expect(second.headers.get("x-lodestar-cache")).toMatch(/^hit/);
          expect(text).toContain("answer 1");
          expect(upstream.calls).toHaveLength(1);
        });
      }
    }
  }
});
