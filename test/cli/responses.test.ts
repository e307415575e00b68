import { afterEach, describe, expect, test } from "bun:test";
import { success } from "../../src/core/result.ts";
import { type CliWorld, makeCliWorld, run } from "./harness.ts";

const open: CliWorld[] = [];

afterEach(() => {
  for (const world of open.splice(0)) world.close();
});

describe("responses purge", () => {
  test.each([true, false])("says how many answers it deleted (a daemon runs: %p)", async (isRunning) => {
    const world = makeCliWorld({ isRunning });
    open.push(world);
    expect(await world.run(["responses", "purge"])).toEqual({ code: 0, out: "deleted 3 kept answers\n", err: "" });
    expect(JSON.parse((await world.run(["responses", "purge", "--json"])).out)).toEqual({ deleted: 3 });
  });

  test("is a deletion, and fails where the file of kept answers cannot be used", async () => {
    const asked: string[] = [];
    const answer = async ({ method, url }: Request) => {
      asked.push(`${method} ${new URL(url).pathname}`);
      return Response.json({ deleted: null });
    };
    const openAdmin = async () => success({ answer, close: async () => undefined });
    const { code, out, err } = await run(["responses", "purge"], { backend: { openAdmin } });
    expect([code, out, asked]).toEqual([1, "", ["DELETE /v1/responses"]]);
    expect(err).toContain("responses_unusable");
  });
});
