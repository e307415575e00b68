import { isJsonObject } from "../../core/json.ts";
import { isTaskClass, TASK_CLASSES, type TaskClass } from "../../core/routing/task-class.ts";
import { didYouMean } from "../../core/suggest.ts";
import { type Check, CODE_LANGUAGES, type CodeLanguage } from "../../core/tournament/check.ts";
import type { TournamentPrompt } from "../../core/tournament/tournament.ts";

/** Prompts that cannot be read: the message says where and what was seen. */
export class PromptsError extends Error {
  override readonly name = "PromptsError";
}

const LEAST_PROMPTS = 2;
const MOST_PROMPTS = 2_000;
const MOST_CHARACTERS = 200_000;

/** A prompt by what it says and what class it is asked as. */
export function promptOf(text: string, taskClass: TaskClass, check: Check | null): TournamentPrompt {
  const digest = new Bun.CryptoHasher("sha256").update(`${taskClass}\n${text}`).digest("hex");
  return { id: digest.slice(0, 12), taskClass, text, check };
}

function wordsOf(value: unknown, where: string): readonly string[] {
  const list = typeof value === "string" ? [value] : value;
  if (Array.isArray(list) && list.length > 0 && list.every((word) => typeof word === "string" && word !== ""))
    return list;
  throw new PromptsError(`${where} must be a text or a list of texts`);
}

function isCodeLanguage(text: unknown): text is CodeLanguage {
  return CODE_LANGUAGES.some((language) => language === text);
}

function checkOf(json: unknown, where: string): Check | null {
  if (json === undefined || json === null) return null;
  if (!isJsonObject(json)) throw new PromptsError(`${where}: "check" is no object`);
  if (json.json !== undefined) return { kind: "json", equals: json.json };
  if (json.tests !== undefined) {
    if (typeof json.tests !== "string" || !isCodeLanguage(json.language)) {
      throw new PromptsError(`${where}: a check with "tests" needs a "language": ${CODE_LANGUAGES.join(", ")}`);
    }
    return { kind: "code", language: json.language, tests: json.tests };
  }
  const lists = (["all", "any", "none"] as const).filter((name) => json[name] !== undefined);
  if (lists.length === 0) throw new PromptsError(`${where}: a check has "all", "any", "none", "json" or "tests"`);
  return {
    kind: "text",
    ...Object.fromEntries(lists.map((name) => [name, wordsOf(json[name], `${where}: "${name}"`)])),
  };
}

function classOf(value: unknown, standard: TaskClass, where: string): TaskClass {
  if (value === undefined) return standard;
  const word = String(value);
  if (isTaskClass(word)) return word;
  throw new PromptsError(`${where}: "${word}" is no class of task.${didYouMean(word, TASK_CLASSES)}`);
}

function readLine(line: string, at: number, standard: TaskClass): TournamentPrompt {
  const where = `line ${at}`;
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new PromptsError(`${where}: no JSON, although the text begins as NDJSON`);
  }
  if (!isJsonObject(json) || typeof json.prompt !== "string" || json.prompt.trim() === "") {
    throw new PromptsError(`${where}: no object with a "prompt"`);
  }
  return promptOf(json.prompt, classOf(json.task, standard, where), checkOf(json.check, where));
}

/** Blocks between lines of `---`; without such a line, every line that is not empty. */
function blocksOf(text: string): readonly string[] {
  const hasMarks = /^---\s*$/m.test(text);
  return text
    .split(hasMarks ? /^---\s*$/m : "\n")
    .map((block) => block.trim())
    .filter((block) => block !== "");
}

/**
 * Prompts of a text: NDJSON where it begins with a brace (`prompt`, and where they are known `task` and `check`), else a prompt
 * a line, or blocks between lines of `---`. The same prompt counts once. Throws a {@link PromptsError}.
 */
export function readPrompts(text: string, standard: TaskClass): readonly TournamentPrompt[] {
  const isLines = text.trimStart().startsWith("{");
  const found = isLines
    ? text.split("\n").flatMap((line, at) => (line.trim() === "" ? [] : [readLine(line, at + 1, standard)]))
    : blocksOf(text).map((block) => promptOf(block, standard, null));
  const prompts = [...new Map(found.map((prompt) => [prompt.id, prompt])).values()];
  if (prompts.length < LEAST_PROMPTS) {
    const many = prompts.length === 0 ? "no prompt" : "one prompt only";
    throw new PromptsError(`it holds ${many}, and by fewer than ${LEAST_PROMPTS} nothing can be compared`);
  }
  if (prompts.length > MOST_PROMPTS) throw new PromptsError(`it holds more than ${MOST_PROMPTS} prompts`);
  const long = prompts.findIndex((prompt) => prompt.text.length > MOST_CHARACTERS);
  if (long >= 0) throw new PromptsError(`prompt ${long + 1} is longer than ${MOST_CHARACTERS} characters`);
  return prompts;
}
