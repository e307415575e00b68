import { isJsonObject, parseJson } from "../../json.ts";
import { schemaMismatch } from "../../json-schema.ts";
import type { ChatRequest, FunctionTool, ToolCallPart } from "../../request.ts";
import { didYouMean } from "../../suggest.ts";
import type { Check, Finding, Subject } from "./verdict.ts";

function functionsOf({ tools }: ChatRequest): readonly FunctionTool[] {
  return (tools ?? []).filter((tool): tool is FunctionTool => tool.type === "function");
}

/** Tools that only one dialect knows have names that nobody else can read. */
function hasOpaqueTools({ tools }: ChatRequest): boolean {
  return (tools ?? []).some(({ type }) => type === "opaque");
}

function problemOf(call: ToolCallPart, request: ChatRequest): string | null {
  const tools = functionsOf(request);
  const tool = tools.find(({ name }) => name === call.name);
  if (tool === undefined) {
    if (hasOpaqueTools(request)) return null;
    const hint = didYouMean(call.name, new Set(tools.map(({ name }) => name)));
    return `there is no tool ${JSON.stringify(call.name.slice(0, 60))}.${hint}`;
  }
  const value = call.arguments.trim() === "" ? {} : parseJson(call.arguments);
  if (!isJsonObject(value)) return `the arguments of ${call.name} are not a JSON object`;
  const mismatch = tool.inputSchema === undefined ? null : schemaMismatch(value, tool.inputSchema);
  return mismatch === null ? null : `the arguments of ${call.name} do not fit its schema: ${mismatch}`;
}

const MARKED_CALL = /<(?:tool_call|function_call|function=|\|tool_call)|\[TOOL_CALLS\]|<\|python_tag\|>/;

/** A call that was written as text: models that were trained on another template do so. */
function isWrittenCall({ text, request, givenText }: Subject): boolean {
  if (MARKED_CALL.test(text) && !MARKED_CALL.test(givenText)) return true;
  const bare = text.trim().replace(/^```(?:json)?\s*|\s*```$/g, "");
  const value = bare.startsWith("{") ? parseJson(bare) : undefined;
  if (!isJsonObject(value)) return false;
  const hasArguments = isJsonObject(value.arguments) || isJsonObject(value.parameters);
  return hasArguments && functionsOf(request).some(({ name }) => name === value.name);
}

function missingCall(subject: Subject): Finding {
  const { toolChoice } = subject.request;
  if (toolChoice?.type === "required") return "a call of a tool was required, and there is none";
  if (toolChoice?.type === "tool") return `a call of ${toolChoice.name} was required, and there is none`;
  if (toolChoice?.type !== "none" && isWrittenCall(subject))
    return "a call of a tool was written as text, so nobody runs it";
  return null;
}

/** Calls of tools that exist, with arguments that parse and fit; and a call where one was required. */
export const hasBadToolCalls: Check = (subject) => {
  const { request, reply } = subject;
  const calls = reply.parts.filter((part): part is ToolCallPart => part.type === "tool-call");
  if ((request.tools ?? []).length === 0 && calls.length === 0) return undefined;
  if (calls.length === 0) {
    const { unified } = reply.finish;
    return unified === "pause" || unified === "content-filter" || unified === "refusal"
      ? undefined
      : missingCall(subject);
  }
  if (request.toolChoice?.type === "none") return "a tool was called although none may be";
  for (const call of calls) {
    const problem = problemOf(call, request);
    if (problem !== null) return problem;
  }
  return null;
};
