import { describe, expect, test } from "bun:test";
import { createWorld } from "../support/world.ts";

const { gateway } = createWorld();

const REFUSALS = [
  { title: "a body that is no JSON", path: "/api/show", body: "{", status: 400 },
  { title: "a body without a name", path: "/api/show", body: "{}", status: 400 },
  { title: "an unknown model", path: "/api/show", body: '{"model":"nobody"}', status: 404 },
  { title: "an unknown model", path: "/v1/models/nobody", status: 404 },
  { title: "an id that is no percent-encoding", path: "/v1/models/%zz", status: 404 },
] as const;

describe("the catalogue of models", () => {
  for (const { title, path, status, ...init } of REFUSALS) {
    test(`tells ${title} at ${path} with a request id and why`, async () => {
      const opened = await gateway("");
      const response = await opened.fetch(path, init);
      expect(response.status).toBe(status);
      expect(response.headers.get("x-lodestar-request-id")).toMatch(/^req_/);
      expect(response.headers.get("x-should-retry")).toBe("false");
      const { error } = (await response.json()) as { error: unknown };
      if (path === "/api/show") expect(error).toMatch(/\w/);
      else expect(error).toMatchObject({ code: "model_not_found", message: expect.stringContaining("no model") });
    });
  }

  test("speaks Anthropic where the client does", async () => {
    const opened = await gateway("");
    const response = await opened.fetch("/v1/models/nobody", { headers: { "anthropic-version": "2023-06-01" } });
    expect(await response.json()).toMatchObject({
      type: "error",
      error: { type: "not_found_error" },
      request_id: response.headers.get("x-lodestar-request-id"),
    });
  });
});
