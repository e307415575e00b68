import { estimateTokens } from "../../src/core/usage.ts";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import { type Behaviour, type SeenCall, startFakeUpstream } from "../support/fake-upstream.ts";
import { openTestGateway, type TestGateway } from "../support/test-gateway.ts";

/** What a crowd of requests came to, in nano-dollars. */
export interface Crowded {
  readonly requests: number;
  readonly answered: number;
  readonly refused: number;
  readonly others: number;
  /** Attempts that budgets refused, by the ledger. */
  readonly refusedRows: number;
  readonly limitNanoUsd: number;
  /** By the ledger. */
  readonly spentNanoUsd: number;
  /** By the upstream's own log: what it would put on the bill. */
  readonly billedNanoUsd: number;
  /** What is still held when all is over. */
  readonly reservedNanoUsd: number;
}

const INPUT_USD = 3;
const OUTPUT_USD = 15;

interface Asked {
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly stream?: boolean;
  readonly messages: readonly { readonly content: string }[];
}

/** A provider that writes all it is allowed to and bills it, with a tokenizer that is a third worse than the estimate. */
function startGreedy() {
  let billedNanoUsd = 0;
  const script = (call: SeenCall, index: number): Behaviour => {
    if (index % 10 === 3) return { kind: "json", status: 500, body: { error: { message: "boom" } } };
    const asked = JSON.parse(call.body) as Asked;
    const prompt = asked.messages.map(({ content }) => content).join("\n");
    const input = Math.ceil(estimateTokens(prompt) * 1.35) + 12;
    const output = asked.max_tokens ?? 64_000;
    billedNanoUsd += (input * INPUT_USD + output * OUTPUT_USD) * 1_000;
    const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
    if (asked.stream === true) return { kind: "stream", chunks: chatChunks(["hi", "ho"], usage), everyMs: index % 3 };
    return { kind: "json", body: chatReply("hi", usage) };
  };
  return { script, billed: () => billedNanoUsd };
}

const PROMPTS = ["hello", "const x = 1;\n".repeat(200), "こんにちは世界".repeat(50), "😀".repeat(99)] as const;
const LIMITS = [100, 400, 2_000, 4_000, 32_000, undefined] as const;

function bodyFor(index: number): object {
  const limit = LIMITS[index % LIMITS.length];
  return {
    model: index % 2 === 0 ? "greedy/m" : "crowd",
    stream: index % 5 < 2,
    messages: [{ role: "user", content: PROMPTS[(index % 7) % PROMPTS.length] }],
    ...(limit === undefined ? {} : { max_tokens: limit }),
  };
}

async function send(opened: TestGateway, index: number, secret: string): Promise<number> {
  const headers = { authorization: `Bearer ${secret}` };
  const response = await opened.fetch("/v1/chat/completions", { json: bodyFor(index), headers });
  await response.text();
  return response.status;
}

/** No client may have as many requests in flight as the crowd has. */
const CLIENTS = ["ann", "bob", "cid", "dee"] as const;
const ANYTHING = { project: null, expiresAt: null, models: [] } as const;

/** Sends so many requests at once against one budget, and sums up what everyone says of it. */
export async function crowd(requests: number, limitUsd: number): Promise<Crowded> {
  const greedy = startGreedy();
  const upstream = await startFakeUpstream(greedy.script);
  const opened = await openTestGateway(
    `
providers:
  greedy: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m], accounts: [{ key: env:A_KEY }] }
chains: { crowd: [greedy/m] }
prices: { overrides: { greedy/m: { input: ${INPUT_USD}, output: ${OUTPUT_USD} } } }
breaker: { off: true }
retries: { attempts: 1 }
budgets:
  - { scope: global, period: total, limitUsd: ${limitUsd}, over: deny }
  - { scope: provider, name: "*", period: month, limitUsd: ${limitUsd * 2}, over: degrade }`,
    { A_KEY: "a-key-0123456789" },
  );
  try {
    const secrets = CLIENTS.map((name) => opened.opening.keyring.mint({ ...ANYTHING, name }).secret);
    const statuses = await Promise.all(
      Array.from({ length: requests }, (_, index) => send(opened, index, secrets[index % secrets.length] ?? "")),
    );
    const { services } = opened.opening.runtime;
    await services.ledger.flush();
    const [state] = services.budgets.states();
    const count = (...wanted: readonly number[]): number => statuses.filter((status) => wanted.includes(status)).length;
    return {
      requests,
      answered: count(200),
      refused: count(429),
      others: requests - count(200, 429),
      refusedRows: [...services.ledger.query({ state: "refused" })].length,
      limitNanoUsd: state?.budget.limitNanoUsd ?? 0,
      spentNanoUsd: services.ledger.totals({}).costNanoUsd,
      billedNanoUsd: greedy.billed(),
      reservedNanoUsd: state?.reservedNanoUsd ?? -1,
    };
  } finally {
    await opened.close();
    await upstream.stop();
  }
}
