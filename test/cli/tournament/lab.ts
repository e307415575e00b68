import type { makeCliWorld } from "../harness.ts";

type MakeWorld = typeof makeCliWorld;

/** What a scripted model is asked. */
export interface Call {
  readonly model: string;
  readonly prompt: string;
  readonly system: string;
  readonly tag: string | null;
  readonly task: string | null;
}

/** What it answers: a text with what it costs in USD, or an HTTP status. */
export type Reply = { readonly text: string; readonly costUsd?: number } | { readonly status: number };

function chunk(delta: object, finish: string | null, more: object = {}): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`;
}

function responseOf(model: string, id: number, reply: Reply): Response {
  if ("status" in reply) {
    const error = { code: "upstream_unreachable", type: "upstream_error", message: `${model} is gone` };
    return Response.json({ error }, { status: reply.status });
  }
  const usage = { prompt_tokens: 9, completion_tokens: 2, cost: reply.costUsd ?? 0, cost_details: { reason: null } };
  const slash = model.indexOf("/");
  const headers = {
    "content-type": "text/event-stream",
    "x-lodestar-request-id": `req_${id}`,
    "x-lodestar-provider": model.slice(0, slash),
    "x-lodestar-model": model.slice(slash + 1),
  };
  const body = `${chunk({ content: reply.text }, null)}${chunk({}, "stop", { usage })}data: [DONE]\n\n`;
  return new Response(body, { headers });
}

/** A Lodestar whose models answer as scripted, with a log of what they were asked. */
export function openLab(makeWorld: MakeWorld, script: (call: Call) => Reply | Promise<Reply>) {
  const calls: Call[] = [];
  const world = makeWorld({
    models: [
      { id: "local/good", inputUsd: null, outputUsd: null, isLocal: true },
      { id: "local/bad", inputUsd: null, outputUsd: null, isLocal: true },
      { id: "paid/best", inputUsd: 1, outputUsd: 10, isLocal: false },
    ].map(({ id, ...rest }) => ({
      id,
      provider: id.split("/")[0] ?? "",
      model: id.split("/")[1] ?? "",
      aliases: id === "paid/best" ? ["best"] : [],
      contextTokens: 8_000,
      canUseTools: null,
      canReadImages: null,
      canReason: null,
      ...rest,
    })),
    api: async (request) => {
      const body = (await request.json()) as { model: string; messages: { role: string; content: string }[] };
      const call: Call = {
        model: body.model,
        prompt: body.messages.findLast(({ role }) => role === "user")?.content ?? "",
        system: body.messages.find(({ role }) => role === "system")?.content ?? "",
        tag: request.headers.get("x-lodestar-tag"),
        task: request.headers.get("x-lodestar-task"),
      };
      calls.push(call);
      return responseOf(body.model, calls.length, await script(call));
    },
  });
  return { ...world, calls };
}
