import { describe, expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResponseStore, StoredResponse } from "../../src/stores/ports.ts";
import { openResponseStore } from "../../src/stores/responses.ts";
import { temporaryFolder } from "./temporary.ts";

const ALICE = "key_alice";
const BOB = "key_bob";

function responseOf(id: string, more: Partial<StoredResponse> = {}): StoredResponse {
  return {
    id,
    createdAt: 1_000,
    resource: {
      id,
      object: "response",
      output: [{ type: "message", id: `msg_${id}`, role: "assistant", content: [] }],
    },
    input: [{ role: "user", content: "hello" }],
    ...more,
  };
}

function open(stateDir: string, maxBytes = 1_000_000): ResponseStore {
  const opened = openResponseStore({ stateDir, maxBytes: () => maxBytes });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

function withStore(check: (store: ResponseStore) => void, maxBytes?: number): void {
  using folder = temporaryFolder();
  const store = open(folder.path, maxBytes);
  check(store);
  store.close();
}

describe("kept responses", () => {
  test("come back as they were saved, encrypted reasoning included, also after reopening", () => {
    using folder = temporaryFolder();
    const output = [{ type: "reasoning", id: "rs_1", encrypted_content: "gAAAA…=", summary: [] }];
    const response = responseOf("resp_1", { resource: { id: "resp_1", output, usage: { cost: null } } });
    const first = open(folder.path);
    expect(first.save(ALICE, response)).toBe(true);
    first.close();
    const again = open(folder.path);
    expect(again.find(ALICE, "resp_1", 0)).toEqual(response);
    expect(again.findItem(ALICE, "rs_1", 0)).toEqual(output[0] ?? null);
    again.close();
  });

  test("are nobody's but the tenant's who saved them, even under one id", () => {
    withStore((store) => {
      store.save(ALICE, responseOf("resp_1"));
      expect(store.find(BOB, "resp_1", 0)).toBeNull();
      expect(store.find("", "resp_1", 0)).toBeNull();
      expect(store.findItem(BOB, "msg_resp_1", 0)).toBeNull();
      expect(store.remove(BOB, "resp_1")).toBe(false);
      store.save(BOB, responseOf("resp_1", { input: ["bob"] }));
      expect(store.find(ALICE, "resp_1", 0)?.input).toEqual([{ role: "user", content: "hello" }]);
      expect(store.remove(BOB, "resp_1")).toBe(true);
      expect(store.find(ALICE, "resp_1", 0)).not.toBeNull();
    });
  });

  test("are gone when removed, with their items, and no byte of them is left in the file", () => {
    using folder = temporaryFolder();
    const canary = "Kanarienvogel-51c0";
    const store = open(folder.path);
    store.save(ALICE, responseOf("resp_1", { input: [canary] }));
    expect(store.remove(ALICE, "resp_1")).toBe(true);
    expect(store.remove(ALICE, "resp_1")).toBe(false);
    expect(store.find(ALICE, "resp_1", 0)).toBeNull();
    expect(store.findItem(ALICE, "msg_resp_1", 0)).toBeNull();
    store.close();
    expect(readFileSync(join(folder.path, "responses.db")).includes(canary)).toBe(false);
  });

  test("take the place of one of the same id", () => {
    withStore((store) => {
      store.save(ALICE, responseOf("resp_1", { resource: { id: "resp_1", output: [{ id: "msg_old" }] } }));
      store.save(ALICE, responseOf("resp_1"));
      expect(store.findItem(ALICE, "msg_old", 0)).toBeNull();
      expect(store.findItem(ALICE, "msg_resp_1", 0)).not.toBeNull();
    });
  });

  test("are hidden once too old, and deleted in chunks", () => {
    withStore((store) => {
      for (let number = 0; number < 150; number += 1) store.save(ALICE, responseOf(`old_${number}`));
      store.save(ALICE, responseOf("young", { createdAt: 2_000 }));
      expect(store.find(ALICE, "old_0", 1_001)).toBeNull();
      expect(store.findItem(ALICE, "msg_old_0", 1_001)).toBeNull();
      expect([store.prune(2_000), store.prune(2_000), store.prune(2_000)]).toEqual([100, 50, 0]);
      expect(store.find(ALICE, "old_0", 0)).toBeNull();
      expect(store.find(ALICE, "young", 0)).not.toBeNull();
    });
  });

  test("make room for new ones, the oldest first, and one larger than the store is not kept", () => {
    const size =
      JSON.stringify(responseOf("resp_1").resource).length + JSON.stringify(responseOf("resp_1").input).length;
    withStore((store) => {
      for (const [index, id] of ["resp_1", "resp_2", "resp_3", "resp_4"].entries()) {
        expect(store.save(index % 2 === 0 ? ALICE : BOB, responseOf(id, { createdAt: index }))).toBe(true);
      }
      expect(store.find(ALICE, "resp_1", 0)).toBeNull();
      for (const [tenant, id] of [
        [BOB, "resp_2"],
        [ALICE, "resp_3"],
        [BOB, "resp_4"],
      ] as const) {
        expect(store.find(tenant, id, 0)).not.toBeNull();
      }
      expect(store.save(ALICE, responseOf("huge", { input: ["x".repeat(size * 3)] }))).toBe(false);
      expect(store.find(BOB, "resp_2", 0)).not.toBeNull();
    }, size * 3);
  });

  test("lie in a file of mode 0600; one that is no database is named", () => {
    using folder = temporaryFolder();
    open(folder.path).close();
    const file = join(folder.path, "responses.db");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, "this was never a database. ".repeat(400));
    expect(openResponseStore({ stateDir: folder.path, maxBytes: () => 1 })).toMatchObject({
      ok: false,
      error: { code: "store_corrupt", message: expect.stringContaining(file) },
    });
  });

  test("values of any shape stay values, never SQL", () => {
    withStore((store) => {
      const hostile = "x' OR 1=1; DROP TABLE responses; --";
      store.save(hostile, responseOf(hostile));
      expect(store.find(ALICE, hostile, 0)).toBeNull();
      expect(store.find(hostile, hostile, 0)?.id).toBe(hostile);
    });
  });
});
