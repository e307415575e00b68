import type { JsonObject } from "../../src/core/json.ts";
import { greyPng } from "./png.ts";

/** What stood on the card, and what was done to it, in order. */
export interface FakeCard {
  readonly ollamaUrl: string;
  readonly drawerUrl: string;
  /** `load x`, `unload x`, `chat x`, `draw SEED`, `drawn`, `interrupt`, `take`, `give back`. */
  readonly log: readonly string[];
  /** What used the card beside something else. */
  readonly clashes: readonly string[];
  readonly drawn: readonly JsonObject[];
  /** Models that Ollama holds. */
  readonly held: ReadonlySet<string>;
  /** From now on a drawing takes until {@link finish} or an interrupt; as do chats with `holdChats`. */
  holdDrawings(): void;
  holdChats(): void;
  finish(): void;
  finishChats(): void;
  /** Ollama stops giving models back. */
  jam(): void;
  stop(): Promise<void>;
}

/** What the server that draws is able to do. `sdcpp` has neither progress nor interrupting, nor can it move its weights. */
export type DrawerKind = "a1111" | "sdcpp";

/** One card on which an Ollama and a server that draws are used; both note when the other is at it. */
export async function startFakeCard(kind: DrawerKind = "a1111"): Promise<FakeCard> {
  const log: string[] = [];
  const clashes: string[] = [];
  const drawn: JsonObject[] = [];
  const held = new Set<string>();
  let chats = 0;
  let drawings = 0;
  let isJammed = false;
  const gates = { draw: Promise.withResolvers<void>(), chat: Promise.withResolvers<void>() };
  gates.draw.resolve();
  gates.chat.resolve();

  async function chat({ model }: JsonObject): Promise<Response> {
    if (drawings > 0) clashes.push(`chat with ${model} while something is drawn`);
    chats += 1;
    held.add(String(model));
    log.push(`chat ${model}`);
    await gates.chat.promise;
    chats -= 1;
    const message = { role: "assistant", content: "hello" };
    return Response.json({ model, message, done: true, done_reason: "stop", prompt_eval_count: 3, eval_count: 1 });
  }

  function generate({ model, keep_alive: keepAlive }: JsonObject): Response {
    const name = String(model);
    if (keepAlive === 0) {
      if (!isJammed) held.delete(name);
      log.push(`unload ${name}`);
      return Response.json({ done: true });
    }
    if (drawings > 0) clashes.push(`load of ${name} while something is drawn`);
    held.clear();
    held.add(name);
    log.push(`load ${name}`);
    return Response.json({ done: true });
  }

  const installed = ["a:1", "b:1"].map((name) => ({ name, model: name, size: 1, digest: name, details: {} }));
  const ollama = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    routes: {
      "/api/version": () => Response.json({ version: "0.24.0" }),
      "/api/tags": () => Response.json({ models: installed }),
      "/api/show": () => Response.json({ capabilities: ["completion"], model_info: {} }),
      "/api/ps": () =>
        Response.json({ models: [...held].map((name) => ({ name, size: 1, size_vram: 1, context_length: 8_192 })) }),
      "/api/generate": async (request) => generate((await request.json()) as JsonObject),
      "/api/chat": async (request) => chat((await request.json()) as JsonObject),
    },
    fetch: () => new Response("not found", { status: 404 }),
  });

  async function draw(request: JsonObject): Promise<Response> {
    if (chats > 0 || held.size > 0) clashes.push(`drawing beside ${[...held].join()} and ${chats} chats`);
    if (drawings > 0) clashes.push("two drawings at once");
    drawings += 1;
    drawn.push(request);
    log.push(`draw ${request.seed}`);
    await gates.draw.promise;
    drawings -= 1;
    log.push("drawn");
    const { width = 512, height = 512, seed = -1 } = request;
    const used = seed === -1 ? 4_242 : seed;
    const image = greyPng(Number(width), Number(height), Number(used) % 256);
    return Response.json({ images: [image], parameters: request, info: JSON.stringify({ seed: used }) });
  }

  function note(word: string): Response {
    log.push(word);
    if (word === "interrupt") gates.draw.resolve();
    return Response.json(null);
  }

  const missing = (): Response => Response.json({ detail: "Not Found" }, { status: 404 });
  const able = (word: string) => () => (kind === "a1111" ? note(word) : missing());
  const drawer = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    routes: {
      "/sdapi/v1/sd-models": () => Response.json([{ title: "sd15.safetensors [abc]", model_name: "sd15" }]),
      "/sdapi/v1/options": () => Response.json({ sd_model_checkpoint: "sd15" }),
      "/sdapi/v1/progress": () => (kind === "a1111" ? Response.json({ progress: 0.4 }) : missing()),
      "/sdapi/v1/interrupt": able("interrupt"),
      "/sdapi/v1/reload-checkpoint": able("take"),
      "/sdapi/v1/unload-checkpoint": able("give back"),
      "/sdapi/v1/txt2img": async (request) => draw((await request.json()) as JsonObject),
    },
    fetch: missing,
  });

  return {
    ollamaUrl: `http://127.0.0.1:${ollama.port}`,
    drawerUrl: `http://127.0.0.1:${drawer.port}`,
    log,
    clashes,
    drawn,
    held,
    holdDrawings() {
      gates.draw = Promise.withResolvers();
    },
    holdChats() {
      gates.chat = Promise.withResolvers();
    },
    finish: () => gates.draw.resolve(),
    finishChats: () => gates.chat.resolve(),
    jam() {
      isJammed = true;
    },
    async stop() {
      await Promise.all([ollama.stop(true), drawer.stop(true)]);
    },
  };
}
