import type { JsonValue } from "../../core/json.ts";
import type { ChatRequest, Warning } from "../../core/request.ts";
import { success } from "../../core/result.ts";
import type { Dialect, Encoded, EncodeTarget } from "../dialect.ts";
import { ollamaGenerate } from "../ollama/dialect.ts";
import type { DecoderState } from "../openai-chat/decoder.ts";
import { openaiChat } from "../openai-chat/dialect.ts";
import type { RelayState } from "../openai-chat/relay.ts";
import type { InfillFamily } from "./infill.ts";
import { type EncoderState, echoOf, encodeReply, encoder } from "./reply.ts";
import { bareForm, decodeRequest, encodeRequest, promptTexts, suffixOf } from "./request.ts";

/**
 * OpenAI's legacy text completions, `POST /v1/completions`: a variant of the chat dialect, with its errors, usage and framing.
 * Its relay only suits servers that answer completions.
 */
export const completions: Dialect<DecoderState, EncoderState, RelayState> = {
  ...openaiChat,
  decodeRequest,
  encodeRequest,
  encodeReply,
  encoder,
  echoOf,
  chatPath: () => "/completions",
};

/** A reply without what it had beside its text: the client's answer is then written anew, with the echo it asked for. */
function decodeBareReply(body: JsonValue): ReturnType<Dialect["decodeReply"]> {
  const decoded = openaiChat.decodeReply(body);
  if (!decoded.ok) return decoded;
  const { extra: _, ...reply } = decoded.value;
  return success(reply);
}

/** Native completions at another path. */
export function completionsAt(path: string): Dialect {
  return { ...completions, chatPath: () => path };
}

/** Mistral's fill-in-the-middle: `prompt` and `suffix` in, a chat reply out. Source: docs.mistral.ai/api, FIM completion. */
export function mistralFim(path: string): Dialect {
  return {
    ...completionsAt(path),
    decodeReply: decodeBareReply,
    encodeRequest(request, target) {
      const { request: plain, warnings: lost } = bareForm(request);
      const { body, warnings } = encodeRequest(plain, target);
      const suffix = suffixOf(request);
      return { body: { ...body, ...(suffix === "" ? {} : { suffix }) }, warnings: [...lost, ...warnings] };
    },
  };
}

/** The request with the prompt in the tokens of its model's family, and their stops beside the client's own. */
function templated(request: ChatRequest, family: InfillFamily): { request: ChatRequest; warnings: readonly Warning[] } {
  const { request: plain, warnings } = bareForm(request);
  const text = family.write(promptTexts(request)[0] ?? "", suffixOf(request));
  const stop = [...new Set([...(request.stop ?? []), ...family.stop])];
  const { stopShape: _, ...rest } = plain;
  return {
    request: { ...rest, stop, messages: [{ role: "user", shape: "string", parts: [{ type: "text", text }] }] },
    warnings,
  };
}

/** Native completions of a server that passes the prompt to the model as it is: the middle is asked for in the prompt. */
export function infillByTemplate(path: string, family: InfillFamily): Dialect {
  return {
    ...completionsAt(path),
    decodeReply: decodeBareReply,
    encodeRequest(request, target) {
      const prepared = templated(request, family);
      const { body, warnings } = encodeRequest(prepared.request, target);
      return { body, warnings: [...prepared.warnings, ...warnings] };
    },
  };
}

function generate(
  request: ChatRequest,
  target: EncodeTarget,
  more: Encoded["body"],
  lost: readonly Warning[],
): Encoded {
  const { body, warnings } = ollamaGenerate.encodeRequest(request, target);
  return { body: { ...body, ...more }, warnings: [...lost, ...warnings] };
}

/** Ollama's `/api/generate` for a model with the ability `insert`: it knows the tokens itself. */
export const ollamaInsert: Dialect = {
  ...ollamaGenerate,
  encodeRequest(request, target) {
    const { request: plain, warnings } = bareForm(request);
    return generate(plain, target, { suffix: suffixOf(request) }, warnings);
  },
};

/** Ollama's `/api/generate` without any template: the prompt reaches the model as it is, in the family's tokens where one is named. */
export function ollamaRaw(family: InfillFamily | null): Dialect {
  return {
    ...ollamaGenerate,
    encodeRequest(request, target) {
      const { request: plain, warnings } = family === null ? bareForm(request) : templated(request, family);
      return generate(plain, target, { raw: true }, warnings);
    },
  };
}
