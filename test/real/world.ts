import { type Behaviour, type FakeUpstream, startFakeUpstream } from "../support/fake-upstream.ts";
import { type RunningLodestar, startLodestar } from "./driver.ts";

/** The one model of the provider `lab`, at 1 and 4 USD per million tokens. */
export const MODEL = "lab/m";

/** A provider whose next behaviour a test sets, behind a daemon with short deadlines. */
export interface World {
  readonly fake: FakeUpstream;
  readonly lodestar: RunningLodestar;
  behave(behaviour: Behaviour): void;
}

/** Opens one; `more` is added to its configuration. The key that it sends is `sk-lab-secret`. */
export async function openWorld(more = "", args: readonly string[] = []): Promise<World> {
  let current: Behaviour = { kind: "hang" };
  const fake = await startFakeUpstream(() => current);
  const lodestar = await startLodestar({
    config: `
providers: { lab: { dialect: openai-chat, baseUrl: "${fake.url}/v1", key: env:LAB_KEY } }
prices: { overrides: { lab/m: { input: 1, output: 4 } } }
retries: { attempts: 2, base: 10ms, max: 50ms }
breaker: { off: true }
${more}`,
    env: { LAB_KEY: "sk-lab-secret" },
    args,
  });
  return {
    fake,
    lodestar,
    behave: (behaviour) => {
      current = behaviour;
    },
  };
}
