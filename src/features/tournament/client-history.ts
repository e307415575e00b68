import { join } from "node:path";
import { isJsonObject, parseJson } from "../../core/json.ts";

/** Where clients keep what their user typed, one JSON object a line, and which member holds it. */
const HISTORIES: readonly { readonly path: readonly string[]; readonly member: string; readonly at: string }[] = [
  { path: [".claude", "history.jsonl"], member: "display", at: "timestamp" },
  { path: [".codex", "history.jsonl"], member: "text", at: "ts" },
];

/** Shorter ones are answers to a question ("yes", "go on"), and commands say nothing to a model. */
const LEAST_CHARACTERS = 20;

interface Typed {
  readonly text: string;
  readonly at: number;
}

async function readHistory(home: string, { path, member, at }: (typeof HISTORIES)[number]): Promise<readonly Typed[]> {
  const file = Bun.file(join(home, ...path));
  if (!(await file.exists())) return [];
  return (await file.text()).split("\n").flatMap((line) => {
    const json = parseJson(line);
    const text = isJsonObject(json) ? json[member] : undefined;
    if (typeof text !== "string" || text.startsWith("/") || text.trim().length < LEAST_CHARACTERS) return [];
    const time = isJsonObject(json) ? Number(json[at]) : 0;
    // Seconds or milliseconds: a time in seconds is below 10¹¹ for thousands of years.
    return [{ text: text.trim(), at: time < 1e11 ? time * 1_000 : time }];
  });
}

/**
 * The latest prompts that somebody typed into Claude Code or Codex on this machine, newest first, each once. Lodestar itself keeps
 * no prompts.
 */
export async function readClientHistory(home: string, most: number): Promise<readonly string[]> {
  const all = (await Promise.all(HISTORIES.map((history) => readHistory(home, history)))).flat();
  const texts = all.toSorted((left, right) => right.at - left.at).map(({ text }) => text);
  return [...new Set(texts)].slice(0, most);
}
