import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { isJsonObject, parseJson } from "../../src/core/json.ts";
import { NO_DATA_REASON, type Recording, recordings } from "../dialects/recordings.ts";
import { type Behaviour, type FakeUpstream, startFakeUpstream } from "../support/fake-upstream.ts";
import { openTestGateway, type TestGateway } from "../support/test-gateway.ts";
import { WIRE_NAMES, WIRES, type WireName } from "./cache-wires.ts";

/** Ollama's own are not among the recordings. */
const RECORDED = WIRE_NAMES.filter((name) => name !== "ollama");

function eventText(line: string): string {
  const json = parseJson(line);
  const type = isJsonObject(json) && typeof json.type === "string" ? `event: ${json.type}\n` : "";
  return `${type}data: ${line}\n\n`;
}

function behaviourOf({ kind, lines, json }: Recording, name: WireName): Behaviour {
  if (kind === "json") return { kind: "json", body: json };
  const chunks = lines.map(eventText);
  return { kind: "stream", chunks: name === "openai-chat" ? [...chunks, "data: [DONE]\n\n"] : chunks };
}

const all = RECORDED.flatMap((name) =>
  (["json", "stream"] as const).flatMap((kind) =>
    recordings({ dialect: WIRES[name].index, kind }).map((recording) => ({ name, recording })),
  ),
);

let upstream: FakeUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startFakeUpstream(({ body }) => {
    const found = all[Number(/recording (\d+)/.exec(body)?.[1] ?? -1)];
    return found === undefined ? { kind: "json", status: 404, body: {} } : behaviourOf(found.recording, found.name);
  });
  const providers = RECORDED.map(
    (name) => `  ${name}: { dialect: ${name}, baseUrl: "${upstream.url}/v1", models: [m] }`,
  );
  gateway = await openTestGateway(
    `providers:\n${providers.join("\n")}\nbreaker: { off: true }\nretries: { attempts: 1 }\n`,
  );
});

afterAll(async () => {
  await gateway.close();
  await upstream.stop();
});

async function ask(name: WireName, target: string, text: string, stream: boolean) {
  const { path, body } = WIRES[name];
  const unkept = name === "openai-responses" ? { store: false } : {};
  const json = { ...body(target, text, stream), ...unkept };
  const response = await gateway.fetch(path(target, stream), { json });
  const wire = await response.text();
  return { wire, status: response.status, cache: response.headers.get("x-lodestar-cache") ?? "" };
}

/** Less what differs from answer to answer by right. */
function comparable(wire: string): string {
  return wire
    .replace(/req_[\w-]+/g, "req_")
    .replace(/"created(?:_at|At)?":[^,}]+/g, '"created":0')
    .replace(/"completed_at":[^,}]+/g, '"completed":0')
    .replace(/"cost_details":\{[^}]*\}/g, '"cost_details":{}')
    .replace(/"cost(?:_saved)?":[^,}]+/g, '"cost":0');
}

const tally = { kept: 0, notKept: 0, elsewhere: 0 };

describe.skipIf(all.length === 0)(`recorded answers, given again ${NO_DATA_REASON}`, () => {
  test.each(all.map(({ name, recording }, index) => [recording.file, name, recording.kind, index] as const))(
    "%s",
    async (_file, name, kind, index) => {
      const stream = kind === "stream";
      const text = `recording ${index} end`;
      const target = `${name}/m`;
      const first = await ask(name, target, text, stream);
      const second = await ask(name, target, text, stream);
      if (!second.cache.startsWith("hit")) {
        tally.notKept += 1;
        return;
      }
      tally.kept += 1;
      expect(comparable(second.wire)).toBe(comparable(first.wire));
      for (const other of WIRE_NAMES) {
        const again = await ask(other, target, text, other === name ? !stream : index % 2 === 0);
        expect([other, again.status, again.cache.slice(0, 3)]).toEqual([other, 200, "hit"]);
        expect(again.wire.length).toBeGreaterThan(10);
        tally.elsewhere += 1;
      }
      expect(upstream.calls.filter(({ body }) => body.includes(text))).toHaveLength(1);
    },
  );

  test("are most of them", () => {
    console.log(`recorded: ${tally.kept} kept, ${tally.notKept} not, ${tally.elsewhere} given again in other forms`);
    expect(tally.kept).toBeGreaterThan(100);
    expect(tally.kept).toBeGreaterThan(tally.notKept);
  });
});
