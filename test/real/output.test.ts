import { afterAll, expect, test } from "bun:test";
import { chatReply } from "../support/chat-chunks.ts";
import { binaryPath } from "./binary.ts";
import { plainEnvironment, stopLodestars } from "./driver.ts";
import { CHAT_WIRES, post } from "./http.ts";
import { MODEL, openWorld } from "./world.ts";

afterAll(stopLodestars);

const { path, request } = CHAT_WIRES["openai-chat"];

test("a long report through a pipe is whole, however slowly it is read", async () => {
  const { lodestar, fake, behave } = await openWorld();
  behave({ kind: "json", body: chatReply("hello there") });
  const [rounds, atOnce] = [40, 20];
  for (let round = 0; round < rounds; round++) {
    const asked = Array.from({ length: atOnce }, () => post(lodestar.apiUrl, path, request(MODEL, "hello", false, 9)));
    for (const response of await Promise.all(asked)) await response.text();
  }
  for (let reading = 0; reading < 8; reading++) {
    const child = Bun.spawn([await binaryPath(), "costs", "query", "--json", `--state-dir=${lodestar.stateDir}`], {
      env: plainEnvironment(lodestar.home),
      stdout: "pipe",
    });
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of child.stdout) {
      text += decoder.decode(chunk, { stream: true });
      await Bun.sleep(reading % 2);
    }
    const lines = text.trimEnd().split("\n");
    expect(await child.exited).toBe(0);
    expect(text.endsWith("}\n")).toBe(true);
    expect(lines).toHaveLength(rounds * atOnce);
  }
  await fake.stop();
}, 30_000);
