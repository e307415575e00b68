import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonObject, parseJson } from "../../src/core/json.ts";
import { type Answer, stopClassOf } from "./matrix-oracle.ts";
import type { Recording } from "./recordings.ts";

/** Answers of a real Ollama 0.24: `whole.ndjson` has a whole answer a line, every other file is one stream. */
const CAPTURES = join(import.meta.dir, "ollama", "captures", "matrix");
const WHOLE = "whole.ndjson";

function recordingOf(file: string, kind: Recording["kind"], lines: readonly string[]): Recording {
  const json = kind === "json" ? (parseJson(lines[0] ?? "") ?? null) : null;
  return { file: `ollama/${file}`, dialect: "ollama", kind, lines, json, text: lines.join("\n") };
}

function linesOf(file: string): readonly string[] {
  return readFileSync(join(CAPTURES, file), "utf8")
    .split("\n")
    .filter((line) => line !== "");
}

/** The streams. */
export const OLLAMA_STREAMS: readonly Recording[] = readdirSync(CAPTURES)
  .filter((file) => file !== WHOLE)
  .toSorted()
  .map((file) => recordingOf(file, "stream", linesOf(file)));

/** The whole answers. */
export const OLLAMA_BODIES: readonly Recording[] = linesOf(WHOLE).map((line, index) =>
  recordingOf(`${WHOLE}#${index + 1}`, "json", [line]),
);

interface OllamaMessage {
  readonly content: string;
  readonly tool_calls?: readonly { readonly function: { readonly name: string; readonly arguments: JsonObject } }[];
}

/** What the lines of an Ollama answer say: a whole answer is a stream of one line. Only the last line has a reason and counts. */
export function readOllamaRecording(lines: readonly string[]): Answer {
  const objects = lines.map((line) => parseJson(line)).filter(isJsonObject);
  const messages = objects.map(({ message }) => message as unknown as OllamaMessage);
  const calls = messages.flatMap(({ tool_calls }) => tool_calls ?? []);
  const last = objects.at(-1);
  return {
    text: messages.map(({ content }) => content).join(""),
    tools: calls.map(({ function: { name, arguments: input } }) => ({ name, input })),
    stop: stopClassOf(last?.done_reason, calls.length > 0),
    usage: { input: Number(last?.prompt_eval_count), output: Number(last?.eval_count) },
  };
}
