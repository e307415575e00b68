import type { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../core/json.ts";
import { failure, type Result, success } from "../../core/result.ts";

/** One drawn image, as base64 of a PNG. */
export interface DrawnImage {
  readonly base64: string;
  /** What it was drawn from; null where the server does not say. */
  readonly seed: number | null;
  readonly width: number;
  readonly height: number;
}

/** Base64 of the eight bytes that every PNG begins with, its chunk `IHDR` and the two numbers after it. */
const HEAD_CHARS = 32;
const PNG_SIGNATURE = "iVBORw0KGgo";

/** Width and height stand at byte 16 and 20. Source: the PNG specification, 11.2.1. */
function sizeOfPng(base64: string): { readonly width: number; readonly height: number } | null {
  const head = base64.slice(0, HEAD_CHARS);
  if (!head.startsWith(PNG_SIGNATURE) || !/^[A-Za-z0-9+/]{32}$/.test(head)) return null;
  const bytes = [...atob(head)].map((character) => character.charCodeAt(0));
  const numberAt = (start: number): number => bytes.slice(start, start + 4).reduce((sum, byte) => sum * 256 + byte, 0);
  const [width, height] = [numberAt(16), numberAt(20)];
  return width > 0 && height > 0 ? { width, height } : null;
}

/** `info` is JSON within a string, or empty. */
function seedOf({ info }: JsonObject): number | null {
  const told = typeof info === "string" ? parseJson(info) : info;
  const seed = isJsonObject(told) ? told.seed : undefined;
  return typeof seed === "number" && seed >= 0 ? seed : null;
}

/** Reads the reply of `txt2img`. Some servers put `data:image/png;base64,` before an image. */
export function decodeDrawing(json: JsonValue): Result<DrawnImage, Fault> {
  const images = isJsonObject(json) && Array.isArray(json.images) ? json.images : [];
  const [first] = images;
  if (typeof first !== "string" || !isJsonObject(json)) {
    return failure({ kind: "garbage", message: "The server's reply holds no image under `images`." });
  }
  const base64 = first.replace(/^data:image\/\w+;base64,/, "");
  const size = sizeOfPng(base64);
  if (size === null) return failure({ kind: "garbage", message: "What the server drew is no PNG." });
  return success({ base64, seed: seedOf(json), ...size });
}

/** The part (0 to 1) of the drawing in progress, by `GET /sdapi/v1/progress`; null where the server does not say. */
export function decodeProgress(json: JsonValue): number | null {
  const progress = isJsonObject(json) ? json.progress : undefined;
  return typeof progress === "number" && progress >= 0 && progress <= 1 ? progress : null;
}

/** Names under which a server knows its checkpoints, by `GET /sdapi/v1/sd-models`; null where that is no list. */
export function decodeCheckpoints(json: JsonValue): readonly string[] | null {
  if (!Array.isArray(json)) return null;
  return json.flatMap((entry) => {
    const name = isJsonObject(entry) ? (entry.model_name ?? entry.title) : undefined;
    return typeof name === "string" ? [name] : [];
  });
}

/** What a server's error says: `error`, or FastAPI's `detail`; then `errors`. */
export function decodeDrawFault(status: number, text: string): Fault {
  const json = parseJson(text);
  const fields = isJsonObject(json) ? [json.errors, json.detail, json.error] : [];
  const said = fields.find((field): field is string => typeof field === "string" && field !== "");
  const message = (said ?? (text.trim().slice(0, 300) || `The server answered ${status}.`)).slice(0, 2_000);
  if (status === 401 || status === 403) return { kind: "auth", status, message };
  if (status === 404) {
    const hint = "No /sdapi/v1/txt2img there: start AUTOMATIC1111 with --api, or stable-diffusion.cpp's sd-server.";
    return { kind: "unsupported", feature: "images", message: hint };
  }
  if (status === 503) return { kind: "overloaded", status, message };
  return { kind: status < 500 ? "bad-request" : "upstream-error", status, message };
}
