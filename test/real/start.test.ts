import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { chatReply } from "../support/chat-chunks.ts";
import type { FakeUpstream } from "../support/fake-upstream.ts";
import { plainEnvironment, type RunningLodestar, runLodestar, stopLodestars, temporaryFolder } from "./driver.ts";
import { CHAT_WIRES, post } from "./http.ts";
import { MODEL, openWorld } from "./world.ts";

const OPENAI = CHAT_WIRES["openai-chat"];
const open: FakeUpstream[] = [];

afterEach(async () => {
  await stopLodestars();
  for (const fake of open.splice(0)) await fake.stop();
});

/** A daemon whose provider answers. */
async function served() {
  const world = await openWorld();
  open.push(world.fake);
  world.behave({ kind: "json", body: chatReply("hello there") });
  return world;
}

function ask({ apiUrl }: RunningLodestar): Promise<Response> {
  return post(apiUrl, OPENAI.path, OPENAI.request(MODEL, "hello", false, 9));
}

describe("what keeps a daemon from starting is told", () => {
  async function refusedStart(words: readonly string[], home = temporaryFolder()) {
    const state = words.some((word) => word.startsWith("--state-dir")) ? [] : [`--state-dir=${join(home, "state")}`];
    return runLodestar(["serve", "--admin-port=0", ...state, ...words], { env: plainEnvironment(home) });
  }

  test("a wrong configuration: exit 3, with file, line, column and what was meant", async () => {
    const home = temporaryFolder();
    const file = join(home, "config.yaml");
    await Bun.write(file, "server:\n  port: 4000\n  prot: 4001\n");
    const refused = await refusedStart([`--config=${file}`], home);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain(`${file}:3:3`);
    expect(refused.stderr).toContain('"port"');
  });

  test("a half-written configuration: exit 3, with the place", async () => {
    const home = temporaryFolder();
    const file = join(home, "config.yaml");
    await Bun.write(file, 'providers:\n  lab: { dialect: openai-chat, baseUrl: "http://127');
    const refused = await refusedStart([`--config=${file}`], home);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(new RegExp(`${file}:2:\\d+`));
  });

  test("a taken port: who has it, and another port to take", async () => {
    const server = createServer((_, response) => response.end("mine"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const refused = await refusedStart([`--port=${port}`]);
    server.close();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`port ${port} is taken by`);
    expect(refused.stderr).toContain(`(pid ${process.pid})`);
    expect(refused.stderr).toContain(`lodestar serve --port ${port + 1}`);
  });

  test("a state directory in use: by which process, and where it serves", async () => {
    const { lodestar } = await served();
    const refused = await refusedStart(["--port=0", `--state-dir=${lodestar.stateDir}`]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`pid ${lodestar.pid}`);
    expect(refused.stderr).toContain(lodestar.apiUrl);
    expect((await ask(lodestar)).status).toBe(200);
  });

  test("a database of a newer version: that it is newer, and it is left as it was", async () => {
    const { lodestar } = await served();
    await (await ask(lodestar)).text();
    await lodestar.stop();
    const path = join(lodestar.stateDir, "ledger.db");
    const database = new Database(path);
    database.run("PRAGMA user_version = 999");
    database.close();
    const refused = await refusedStart(["--port=0", `--state-dir=${lodestar.stateDir}`]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("ledger.db");
    expect(refused.stderr).toMatch(/newer/);
    const after = new Database(path, { readonly: true });
    expect(after.query("SELECT count(*) AS count FROM attempts").get()).toEqual({ count: 1 });
    after.close();
  });

  test("an address beyond loopback without a client key", async () => {
    const refused = await refusedStart(["--port=0", "--host=0.0.0.0"]);
    expect(refused.code).not.toBe(0);
    const [, command = ""] = /`lodestar (keys create \w+)`/.exec(refused.stderr) ?? [];
    const home = temporaryFolder();
    const followed = await runLodestar([...command.split(" "), `--state-dir=${join(home, "state")}`]);
    expect(followed).toMatchObject({ code: 0 });
  });
});
