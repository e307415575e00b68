import { chatChunks, chatReply } from "../../support/chat-chunks.ts";
import type { Behaviour, FakeUpstream } from "../../support/fake-upstream.ts";
import type { TestGateway } from "../../support/test-gateway.ts";
import type { World } from "../../support/world.ts";

/** What each scripted model charges: USD per million tokens, in and out. */
export const PRICES = { weak: 1, middle: 2, strong: 4, judge: 8 } as const;

export type ModelName = keyof typeof PRICES;

/** What a scripted model answers: a text, or a behaviour of its own. It says its usage truly. */
export type Script = (body: Asked) => string | Behaviour;

/** The part of a request that scripts read. */
export interface Asked {
  readonly stream?: boolean;
  readonly max_tokens?: number;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

/** The answer of a chat model, as it was asked for: whole or as a stream. */
function behaviourOf(answer: string | Behaviour, isStream: boolean): Behaviour {
  if (typeof answer !== "string") return answer;
  if (!isStream) return { kind: "json", body: chatReply(answer) };
  return { kind: "stream", chunks: chatChunks(answer.match(/[\s\S]{1,7}/g) ?? []) };
}

export interface CascadeWorld {
  readonly gateway: TestGateway;
  readonly upstreams: Readonly<Record<ModelName, FakeUpstream>>;
  /** Asks the chain of the three models. */
  ask(json?: object): Promise<Response>;
  /** The ledger's rows in short. */
  rows(): Promise<readonly { model: string; state: string; fault: string | null; costNanoUsd: number | null }[]>;
}

const SILENT: Script = () => ({ kind: "json", status: 500, body: { error: { message: "not scripted" } } });

/** A gateway over three models behind the chain `trio`, weakest first, and a judge. `cascade` is YAML in flow style. */
export async function cascadeWorld(
  { fake, gateway: open }: Pick<World, "fake" | "gateway">,
  scripts: Readonly<Partial<Record<ModelName, Script>>>,
  cascade = "{ names: [trio], first: any, streams: hold }",
  more = "",
): Promise<CascadeWorld> {
  const start = (name: ModelName): Promise<FakeUpstream> =>
    fake((call) => {
      const body = JSON.parse(call.body) as Asked;
      return behaviourOf((scripts[name] ?? SILENT)(body), body.stream === true);
    });
  const [weak, middle, strong, judge] = await Promise.all((["weak", "middle", "strong", "judge"] as const).map(start));
  if (weak === undefined || middle === undefined || strong === undefined || judge === undefined) throw new Error("?");
  const upstreams = { weak, middle, strong, judge };
  const provider = (name: ModelName): string =>
    `  ${name}: { dialect: openai-chat, baseUrl: "${upstreams[name].url}/v1", models: [m], accounts: [{ key: env:KEY }] }`;
  const price = (name: ModelName): string => `    ${name}/m: { input: ${PRICES[name]}, output: ${PRICES[name]} }`;
  const names = Object.keys(upstreams) as ModelName[];
  const gateway = await open(
    `providers:
${names.map(provider).join("\n")}
chains: { trio: [weak/m, middle/m, strong/m] }
retries: { attempts: 1 }
prices:
  overrides:
${names.map(price).join("\n")}
routing:
  cascade: ${cascade}
${more}`,
    { KEY: "some-key-0123456789" },
  );
  return {
    gateway,
    upstreams,
    ask: (json = {}) =>
      gateway.fetch("/v1/chat/completions", {
        json: { model: "trio", messages: [{ role: "user", content: "Give me the point." }], ...json },
      }),
    rows: async () =>
      (await gateway.rows()).map(({ provider: model, state, fault, costNanoUsd }) => ({
        model,
        state,
        fault: fault?.kind ?? null,
        costNanoUsd,
      })),
  };
}

/** A format that `{"x": 1}` fits, and not `{"x": "one"}`. */
export const POINT_FORMAT = {
  type: "json_schema",
  json_schema: {
    name: "point",
    schema: { type: "object", properties: { x: { type: "number" } }, required: ["x"] },
  },
};
