import { isJsonObject, type JsonValue, parseJson } from "../../core/json.ts";
import type { Message } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { type Classification, type Classifier, createClassifier } from "../../core/routing/classifier.ts";
import { readSignals } from "../../core/routing/signals.ts";
import { readClassifierWeights } from "../../host/router/weights.ts";

/** A line of input that names a prompt. */
export interface NamedPrompt {
  /** As the line gave it; null where it gave none. */
  readonly id: string | number | null;
  readonly text: string;
}

/** What was found for one line, in the shape that `route classify --json` prints. */
export interface ClassifiedLine {
  readonly id: string | number | null;
  readonly class: Classification["taskClass"];
  readonly probabilities: Classification["probabilities"];
  readonly abstained: boolean;
  readonly domain: Classification["domain"];
}

const ROLES: readonly Message["role"][] = ["system", "developer", "user", "assistant", "tool"];

function textsOf(content: JsonValue | undefined): readonly string[] {
  if (typeof content === "string") return [content];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part) => (isJsonObject(part) && typeof part.text === "string" ? [part.text] : []));
}

function messageOf(value: JsonValue): Message | null {
  if (!isJsonObject(value)) return null;
  const role = ROLES.find((name) => name === value.role);
  if (role === undefined) return null;
  return { role, parts: textsOf(value.content).map((text) => ({ type: "text", text })) };
}

/** The words of the last turn in which a person spoke. */
function textOfMessages(values: readonly JsonValue[]): Result<string, string> {
  const messages: Message[] = [];
  for (const [index, value] of values.entries()) {
    const message = messageOf(value);
    if (message === null) return failure(`messages[${index}] has no role of ${ROLES.join(", ")}`);
    messages.push(message);
  }
  return success(readSignals({ model: "auto", messages, stream: false }).text);
}

/** The prompt of one line of NDJSON: `{"id", "prompt"}` or `{"id", "messages"}`; else what is wrong with the line. */
export function readPromptLine(line: string): Result<NamedPrompt, string> {
  const json = parseJson(line);
  if (!isJsonObject(json)) return failure("no JSON object");
  const { id = null, prompt, messages } = json;
  if (id !== null && typeof id !== "string" && typeof id !== "number")
    return failure("`id` is neither text nor a number");
  if (typeof prompt === "string") return success({ id, text: prompt });
  if (prompt !== undefined) return failure("`prompt` is no text");
  if (!Array.isArray(messages)) return failure("neither `prompt` nor `messages` is there");
  const text = textOfMessages(messages);
  return text.ok ? success({ id, text: text.value }) : text;
}

/** The classifier that the program carries. */
export function openClassifier(): Classifier {
  return createClassifier(readClassifierWeights());
}

const DECIMALS = 10_000;

/** One prompt, classified; probabilities to four decimals. */
export function classifyPrompt(classifier: Classifier, { id, text }: NamedPrompt): ClassifiedLine {
  const { taskClass, probabilities, abstained, domain } = classifier.classify(text);
  const rounded = Object.entries(probabilities).map(([name, value]) => [name, Math.round(value * DECIMALS) / DECIMALS]);
  return {
    id,
    class: taskClass,
    probabilities: Object.fromEntries(rounded) as Classification["probabilities"],
    abstained,
    domain,
  };
}
