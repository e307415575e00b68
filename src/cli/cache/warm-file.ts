import { appendFile } from "node:fs/promises";
import { isJsonObject, type JsonObject, parseJson } from "../../core/json.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";

/** One request of a file: where it goes, and what it says. */
export interface WarmRequest {
  /** Of the file, from 1. */
  readonly line: number;
  /** `/v1/chat/completions` unless the row says another. */
  readonly path: string;
  readonly body: JsonObject;
  /** SHA-256 of who asks what: what was done is known by it, wherever it stands in the file. */
  readonly hash: string;
}

const PATHS: readonly string[] = ["/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/embeddings"];

function wrongRow(file: string, line: number, why: string): CliProblem {
  const fix = 'each line is a request: {"model": …, "messages": […]}, or {"path": "/v1/messages", "body": {…}}';
  return failureProblem("bad_row", `${file}:${line}: ${why}`, fix);
}

/** An answer stands for whole and streamed alike, so that it is always asked for whole. */
function asWhole(body: JsonObject): JsonObject {
  const { stream: _stream, stream_options: _options, ...rest } = body;
  return rest;
}

function readRow(text: string, owner: string): Omit<WarmRequest, "line"> | string {
  const row = parseJson(text);
  if (!isJsonObject(row)) return "it is not a JSON object";
  const path = row.path ?? PATHS[0];
  const body = row.path === undefined && row.body === undefined ? row : row.body;
  if (typeof path !== "string" || !PATHS.includes(path)) return `path must be one of ${PATHS.join(", ")}`;
  if (!isJsonObject(body)) return "body must be a JSON object";
  if (typeof body.model !== "string") return "it names no model";
  const whole = asWhole(body);
  const hash = new Bun.CryptoHasher("sha256").update(JSON.stringify([owner, path, whole])).digest("hex");
  return { path, body: whole, hash };
}

/** The requests of an NDJSON file, each once; `owner` is whom they are asked for. */
export async function readWarmFile(file: string, owner: string): Promise<Result<readonly WarmRequest[], CliProblem>> {
  const source = Bun.file(file);
  if (!(await source.exists())) return failure(failureProblem("file_not_found", `there is no file ${file}`));
  const requests = new Map<string, WarmRequest>();
  for (const [index, text] of (await source.text()).split("\n").entries()) {
    if (text.trim() === "") continue;
    const row = readRow(text, owner);
    if (typeof row === "string") return failure(wrongRow(file, index + 1, row));
    if (!requests.has(row.hash)) requests.set(row.hash, { ...row, line: index + 1 });
  }
  return success([...requests.values()]);
}

/** What was done before, beside the file: a line for each answer that is kept. */
export interface WarmJournal {
  /** Whether the answer of a request was kept at `notBefore` (Unix ms) or later. */
  has(hash: string, notBefore: number): boolean;
  add(hash: string, at: number): Promise<void>;
}

/** Opens `FILE.warmed`; a line of it that cannot be read counts as not done. */
export async function openWarmJournal(file: string): Promise<WarmJournal> {
  const path = `${file}.warmed`;
  const source = Bun.file(path);
  const done = new Map<string, number>();
  for (const text of (await source.exists()) ? (await source.text()).split("\n") : []) {
    const row = parseJson(text);
    if (isJsonObject(row) && typeof row.hash === "string" && typeof row.at === "number") done.set(row.hash, row.at);
  }
  return {
    has: (hash, notBefore) => (done.get(hash) ?? Number.NEGATIVE_INFINITY) >= notBefore,
    add(hash, at) {
      done.set(hash, at);
      return appendFile(path, `${JSON.stringify({ hash, at })}\n`, { mode: 0o600 });
    },
  };
}
