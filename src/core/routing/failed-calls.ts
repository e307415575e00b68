import { fnv1a } from "../fnv.ts";
import type { ChatRequest, Part, ToolCallPart, ToolResultPart } from "../request.ts";

/** A call of a tool that fails again and again with the same arguments since the person last spoke. */
export interface FailedToolCalls {
  readonly name: string;
  /** Tells calls apart: the tool and a hash of its arguments. */
  readonly signature: string;
  /** How often it failed with no success of the very same call in between. */
  readonly timesInARow: number;
}

/** Ways in which agents write that a command or an edit failed, where the dialect has no word for it. */
const FAILURE =
  /^\s*(?:error\b|failed\b|fatal:|traceback \(|<error>|<tool_use_error>)|exit(?:ed with)? (?:code|status)[:=]?\s*[1-9]|"exit_?code"\s*:\s*[1-9]|command failed/iu;
/** Said at the beginning or at the end of a result. */
const SAID_WITHIN = 400;

function textOfResult({ content }: ToolResultPart): string {
  return content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
}

/** Whether a tool's result tells of a failure: by the dialect's own mark, else by the words at its ends. */
function isFailedResult(result: ToolResultPart): boolean {
  if (result.isError !== undefined) return result.isError;
  const text = textOfResult(result);
  if (FAILURE.test(text.slice(0, SAID_WITHIN))) return true;
  return text.length > SAID_WITHIN && FAILURE.test(text.slice(-SAID_WITHIN));
}

/** One call after `from` with its result. */
interface Attempt {
  readonly name: string;
  readonly signature: string;
  readonly isFailed: boolean;
}

function attemptsAfter(parts: readonly Part[]): readonly Attempt[] {
  const calls = new Map<string, ToolCallPart>();
  for (const part of parts) if (part.type === "tool-call") calls.set(part.id, part);
  return parts.flatMap((part) => {
    const call = part.type === "tool-result" ? calls.get(part.toolCallId) : undefined;
    if (part.type !== "tool-result" || call === undefined) return [];
    const signature = `${call.name}#${fnv1a(call.arguments).toString(16)}`;
    return [{ name: call.name, signature, isFailed: isFailedResult(part) }];
  });
}

/**
 * The call that fails again and again in the messages after `from` (the person's last turn): the last failed one, counted
 * back to its last success. Other calls in between, such as edits that did not help, do not end the row.
 */
export function failedToolCalls(request: ChatRequest, from: number): FailedToolCalls | null {
  const attempts = attemptsAfter(request.messages.slice(from).flatMap((message) => message.parts));
  const last = attempts.findLast((attempt) => attempt.isFailed);
  if (last === undefined) return null;
  const same = attempts.filter((attempt) => attempt.signature === last.signature);
  const success = same.findLastIndex((attempt) => !attempt.isFailed);
  const timesInARow = same.length - 1 - success;
  return timesInARow === 0 ? null : { name: last.name, signature: last.signature, timesInARow };
}
