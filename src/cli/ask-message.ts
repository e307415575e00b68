import { basename, extname } from "node:path";
import type { JsonObject, JsonValue } from "../core/json.ts";
import { failure, type Result, success } from "../core/result.ts";
import { type CliProblem, failureProblem, usageProblem } from "../terminal/problem.ts";

/** What `ask` is asked with. */
export interface Question {
  readonly words: string;
  /** What was piped in; empty when nothing was. */
  readonly piped: string;
  readonly system: string | undefined;
  readonly files: readonly string[];
}

const IMAGE_TYPES: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".webp": "image/webp",
  ".gif": "image/gif",
};

/** A file larger than this is surely not meant for a prompt. Bytes. */
const MOST_FILE_BYTES = 20 * 1024 * 1024;

async function readPart(path: string): Promise<Result<JsonObject, CliProblem>> {
  const file = Bun.file(path);
  if (!(await file.exists()))
    return failure(failureProblem("file_not_found", `there is no file ${path}`, "check the path of -f"));
  if (file.size > MOST_FILE_BYTES) {
    return failure(
      failureProblem("file_too_large", `${path} has ${file.size} bytes; at most ${MOST_FILE_BYTES} fit a prompt`),
    );
  }
  const bytes = await file.bytes();
  const mediaType = IMAGE_TYPES[extname(path).toLowerCase()];
  if (mediaType !== undefined) {
    const url = `data:${mediaType};base64,${Buffer.from(bytes).toString("base64")}`;
    return success({ type: "image_url", image_url: { url } });
  }
  const text = new TextDecoder().decode(bytes);
  if (text.includes("\u0000")) {
    const fix = `images go as ${Object.keys(IMAGE_TYPES).join(", ")}; anything else must be text`;
    return failure(failureProblem("file_not_text", `${path} is neither text nor a known image`, fix));
  }
  return success({ type: "text", text: `File ${basename(path)}:\n${text}` });
}

async function readParts(paths: readonly string[]): Promise<Result<readonly JsonObject[], CliProblem>> {
  const parts: JsonObject[] = [];
  for (const path of paths) {
    const part = await readPart(path);
    if (!part.ok) return part;
    parts.push(part.value);
  }
  return success(parts);
}

/** The chat messages of a question: files first, then what was piped, then the words. */
export async function messagesOf(question: Question): Promise<Result<JsonValue[], CliProblem>> {
  const text = [question.piped.trimEnd(), question.words].filter((piece) => piece !== "").join("\n\n");
  if (text === "" && question.files.length === 0) {
    return failure(usageProblem("nothing_asked", "there is nothing to ask", 'lodestar ask "why is the sky blue?"'));
  }
  const files = await readParts(question.files);
  if (!files.ok) return files;
  const system: JsonValue[] = question.system === undefined ? [] : [{ role: "system", content: question.system }];
  if (files.value.length === 0) return success([...system, { role: "user", content: text }]);
  const parts: JsonValue[] = [...files.value, ...(text === "" ? [] : [{ type: "text", text }])];
  return success([...system, { role: "user", content: parts }]);
}
