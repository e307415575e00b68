import { describe, expect, test } from "bun:test";
import { createWorld } from "../support/world.ts";

const { gateway } = createWorld();

const CASES = [
  ["POST", "/api/pull", "ollama pull"],
  ["DELETE", "/api/delete", "ollama pull"],
  ["POST", "/v1/responses/compact", "previous_response_id"],
  ["POST", "/v1/responses/input_tokens", "count_tokens"],
  ["POST", "/v1/responses/resp_1/cancel", "close the connection"],
  ["POST", "/v1/conversations", "previous_response_id"],
  ["POST", "/v1/threads/t/runs", "previous_response_id"],
  ["POST", "/v1/images/edits", "/v1/images/generations"],
  ["POST", "/v1/messages/batches", "one by one"],
  ["POST", "/v1/batches", "one by one"],
  ["POST", "/v1beta/cachedContents", "contents themselves"],
  ["POST", "/v1/audio/speech", "provider's own address"],
  ["POST", "/v1/chat/completion", 'Did you mean "/v1/chat/completions"'],
  ["GET", "/nothing/like/it", "ends in /v1"],
] as const;

describe("a call that is not served", () => {
  test.each(CASES)("%s %s names itself and what to do instead", async (method, path, instead) => {
    const opened = await gateway("");
    const response = await opened.fetch(path, { method });
    const text = await response.text();
    expect(response.status).toBe(404);
    expect(text).toContain(`There is no ${method} ${path} here.`);
    expect(JSON.stringify(JSON.parse(text))).toContain(JSON.stringify(instead).slice(1, -1));
  });
});
