import { afterEach } from "bun:test";
import { type FakeUpstream, startFakeUpstream } from "./fake-upstream.ts";
import { openTestGateway, type TestGateway } from "./test-gateway.ts";

/** Opens fake providers and gateways for the tests of one file; what a test opened is closed after it. */
export interface World {
  fake(script: Parameters<typeof startFakeUpstream>[0]): Promise<FakeUpstream>;
  gateway(config: string, environment?: Readonly<Record<string, string>>): Promise<TestGateway>;
  /** Two chat providers, `first` and `second`, priced at 1 and 2 USD per million tokens in and out, behind the chain `duo`. */
  duo(first: string, second: string, more?: string): Promise<TestGateway>;
}

/** Sets up a world for the calling test file. */
export function createWorld(): World {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });
  async function gateway(config: string, environment: Readonly<Record<string, string>> = {}): Promise<TestGateway> {
    const opened = await openTestGateway(config, environment);
    open.push(opened);
    return opened;
  }
  return {
    async fake(script) {
      const upstream = await startFakeUpstream(script);
      open.push({ close: upstream.stop });
      return upstream;
    },
    gateway,
    duo: (first, second, more = "") =>
      gateway(
        `
providers:
  first: { dialect: openai-chat, baseUrl: "${first}/v1", models: [one], accounts: [{ key: env:FIRST_KEY }] }
  second: { dialect: openai-chat, baseUrl: "${second}/v1", models: [two], accounts: [{ key: env:SECOND_KEY }] }
chains: { duo: [first/one, second/two] }
prices:
  overrides:
    first/one: { input: 1, output: 1 }
    second/two: { input: 2, output: 2 }
${more}`,
        { FIRST_KEY: "first-key-0123456789", SECOND_KEY: "second-key-0123456789" },
      ),
  };
}
