import type { Fault } from "../core/fault.ts";
import { type JsonObject, type JsonValue, parseJson } from "../core/json.ts";
import { failure, type Result, success } from "../core/result.ts";
import {
  type DrawnImage,
  decodeCheckpoints,
  decodeDrawFault,
  decodeDrawing,
  decodeProgress,
} from "../dialects/stable-diffusion/reply.ts";
import type { SendUpstream } from "../host/upstream/upstream.ts";
import type { Painter } from "../local/shared-card.ts";

/** Where a server that draws stands, and what calls to it carry. */
export interface DrawAddress {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connectMs: number;
  /** How long one image may take. */
  readonly drawMs: number;
}

/** A server that draws. What it does not have (stable-diffusion.cpp: progress, interrupting, moving weights) is passed over. */
export interface DrawServer extends Painter {
  /** One image. */
  draw(body: JsonObject, signal: AbortSignal): Promise<Result<DrawnImage, Fault>>;
  /** Breaks off what it draws: `draw` then ends at once, where the server can. */
  interrupt(): Promise<void>;
  /** The part of the image that is done, 0 to 1; null where it does not say. */
  progress(signal: AbortSignal): Promise<number | null>;
  /** Its checkpoints; null where it does not say. */
  checkpoints(signal: AbortSignal): Promise<readonly string[] | null>;
}

/** A reply may hold an image of this many bytes, as base64. */
const REPLY_BYTES = 64 * 1024 * 1024;
const SHORT_MS = 3_000;
/** Moving the weights of a large checkpoint. */
const MOVE_MS = 30_000;

/** Both APIs of these servers stand below one address, however it is written. */
function drawBase(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, "").replace(/(?:\/sdapi)?\/v1$/, "");
}

/** The ways to one server; `address` is that of the moment. */
export function createDrawServer(send: SendUpstream, address: () => DrawAddress): DrawServer {
  async function ask(
    path: string,
    body: JsonObject | null,
    signal: AbortSignal,
    headersMs: number,
  ): Promise<Result<JsonValue, Fault>> {
    const { baseUrl, headers, connectMs } = address();
    const sent = await send({
      url: `${drawBase(baseUrl)}/sdapi/v1${path}`,
      method: body === null ? "GET" : "POST",
      headers: { "content-type": "application/json", ...headers },
      body: body === null ? null : JSON.stringify(body),
      signal,
      deadlines: { connectMs, headersMs },
      isLocal: true,
    });
    if (!sent.ok) return sent;
    const text = await sent.value.text(REPLY_BYTES);
    if (!text.ok) return text;
    if (sent.value.status >= 400) return failure(decodeDrawFault(sent.value.status, text.value));
    const json = parseJson(text.value);
    const noJson: Fault = { kind: "garbage", message: "The server's reply is not JSON." };
    return json === undefined ? failure(noJson) : success(json);
  }

  async function tell(path: string, ms: number, signal = AbortSignal.timeout(ms)): Promise<void> {
    await ask(path, {}, signal, ms);
  }

  return {
    async draw(body, signal) {
      const drawn = await ask("/txt2img", body, signal, address().drawMs);
      return drawn.ok ? decodeDrawing(drawn.value) : drawn;
    },
    interrupt: () => tell("/interrupt", SHORT_MS),
    async progress(signal) {
      const told = await ask("/progress?skip_current_image=true", null, signal, SHORT_MS);
      return told.ok ? decodeProgress(told.value) : null;
    },
    async checkpoints(signal) {
      const told = await ask("/sd-models", null, signal, SHORT_MS);
      return told.ok ? decodeCheckpoints(told.value) : null;
    },
    take: (signal) => tell("/reload-checkpoint", MOVE_MS, signal),
    giveBack: () => tell("/unload-checkpoint", MOVE_MS),
  };
}
