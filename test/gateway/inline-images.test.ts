import { describe, expect, test } from "bun:test";
import type { ChatRequest, ImagePart } from "../../src/core/request.ts";
import { withInlineImages } from "../../src/gateway/inline-images.ts";
import type { Services } from "../../src/gateway/services.ts";
import { ollamaCatalogue, ollamaReply } from "../support/other-replies.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

type FetchImage = Services["fetchImage"];

function image(url: string): ImagePart {
  return { type: "image", source: { kind: "url", url } };
}

function asking(...parts: ChatRequest["messages"][number]["parts"]): ChatRequest {
  return { model: "m", stream: false, messages: [{ role: "user", parts }] };
}

/** A fetch that answers when told to, by URL. */
function scripted() {
  const open = new Map<string, { readonly signal: AbortSignal; answer(base64: string | null): void }>();
  const fetchImage: FetchImage = (url, signal) =>
    new Promise((resolve) => {
      const answer = (base64: string | null): void => {
        open.delete(url);
        resolve(
          base64 === null ? { ok: false, error: "gone" } : { ok: true, value: { mediaType: "image/png", base64 } },
        );
      };
      open.set(url, { signal, answer });
    });
  return { open, fetchImage };
}

const FOREVER = new AbortController().signal;

describe("images in place of their URLs", () => {
  test("are fetched at the same time, a few at once, and each URL once", async () => {
    const { open, fetchImage } = scripted();
    const urls = ["u1", "u2", "u3", "u4", "u5", "u6"];
    const pending = withInlineImages(asking(...[...urls, "u1", "u3"].map(image)), fetchImage, FOREVER);
    const order: string[] = [];
    while (order.length < urls.length) {
      expect(open.size).toBe(Math.min(4, urls.length - order.length));
      const [[url, one] = ["none", undefined]] = open;
      order.push(url);
      one?.answer(`bytes of ${url}`);
      await Promise.resolve();
      await new Promise(setImmediate);
    }
    const done = await pending;
    const data = done.ok ? done.value.messages[0]?.parts.map((part) => "source" in part && part.source) : [];
    const expected = [...urls, "u1", "u3"].map((url) => `bytes of ${url}`);
    expect(data).toEqual(expected.map((text) => ({ kind: "base64", mediaType: "image/png", data: text })));
    expect(order).toEqual(urls);
  });

  test("end at the first that cannot be fetched, which stops the others", async () => {
    const { open, fetchImage } = scripted();
    const pending = withInlineImages(asking(...["a", "b", "c", "d", "e"].map(image)), fetchImage, FOREVER);
    const others = ["a", "c", "d"].map((url) => open.get(url));
    open.get("b")?.answer(null);
    await new Promise(setImmediate);
    expect(others.map((one) => one?.signal.aborted)).toEqual([true, true, true]);
    expect(open.has("e")).toBe(false);
    for (const one of others) one?.answer(null);
    expect(await pending).toEqual({
      ok: false,
      error: {
        kind: "bad-request",
        status: 400,
        code: "image_not_fetched",
        message: "The image could not be fetched: gone",
      },
    });
  });

  test("stand where they stood, in results of tools too, and nothing else changes", async () => {
    const text = { type: "text", text: "look" } as const;
    const bytes: ImagePart = { type: "image", source: { kind: "base64", mediaType: "image/gif", data: "R0lG" } };
    const result = { type: "tool-result", toolCallId: "t1", content: [text, image("shot"), bytes] } as const;
    const fetchImage: FetchImage = (url) =>
      Promise.resolve({ ok: true, value: { mediaType: "image/jpeg", base64: url.toUpperCase() } });
    const done = await withInlineImages(asking(text, result, bytes), fetchImage, FOREVER);
    const shot = { type: "image", source: { kind: "base64", mediaType: "image/jpeg", data: "SHOT" } };
    expect(done.ok && done.value.messages[0]?.parts).toEqual([
      text,
      { ...result, content: [text, shot, bytes] },
      bytes,
    ] as never);
  });
});

test("an image that a tool gave back by URL reaches a local model as bytes", async () => {
  const upstream = await fake(({ path }) => ({
    kind: "json",
    body: ollamaCatalogue(path, [{ name: "see", capabilities: ["completion", "vision", "tools"] }]) ?? ollamaReply("x"),
  }));
  const opened = await gateway("", { OLLAMA_HOST: upstream.url });
  const asked: string[] = [];
  Object.assign(opened.opening.runtime.services, {
    fetchImage: (url: string) => {
      asked.push(url);
      return Promise.resolve({ ok: true, value: { mediaType: "image/png", base64: "iVBORw0KGgo=" } });
    },
  });
  const source = { type: "url", url: "https://example.org/screen.png" };
  const json = {
    model: "ollama/see",
    max_tokens: 9,
    messages: [
      { role: "user", content: "take a picture" },
      { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "snap", input: {} }] },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "toolu_1", content: [{ type: "image", source }] }],
      },
    ],
  };
  const response = await opened.fetch("/v1/messages", { json });
  expect(response.status).toBe(200);
  expect(response.headers.get("x-lodestar-params") ?? "").not.toContain("images as base64");
  expect(asked).toEqual(["https://example.org/screen.png"]);
  const sent = upstream.calls.find((call) => call.path === "/api/chat");
  expect(JSON.parse(sent?.body ?? "{}").messages[2]).toMatchObject({ role: "tool", images: ["iVBORw0KGgo="] });
});
