import { isJsonObject, type JsonObject, parseJson } from "../../core/json.ts";

/** The one parameter under which other dialects give a custom tool its free text. */
const INPUT = "input";

/** A custom tool's free text as the JSON arguments of a function with one string parameter. */
export function wrapInput(input: string): string {
  return JSON.stringify({ [INPUT]: input });
}

/** The free text out of arguments that {@link wrapInput} or a model wrote; arguments of any other form are the text themselves. */
export function unwrapInput(args: string): string {
  const parsed = parseJson(args);
  const input = isJsonObject(parsed) ? parsed[INPUT] : undefined;
  return typeof input === "string" ? input : args;
}

/** The schema of the function that stands in for a custom tool; a grammar is told in words, since nothing enforces it there. */
export function customSchema(format: unknown): JsonObject {
  const grammar = isJsonObject(format) && typeof format.definition === "string" ? format : undefined;
  const description =
    grammar === undefined
      ? "The whole input of the tool, as free text."
      : `The whole input of the tool, as text of this ${String(grammar.syntax ?? "")} grammar:\n${String(grammar.definition)}`;
  return {
    type: "object",
    properties: { [INPUT]: { type: "string", description } },
    required: [INPUT],
    additionalProperties: false,
  };
}

/** Names of the custom tools among the `tools` of a request or a reply, those inside namespaces included. */
export function customNames(tools: unknown): ReadonlySet<string> {
  const listed = Array.isArray(tools) ? tools.filter(isJsonObject) : [];
  const inner = listed.flatMap((tool) => (tool.type === "namespace" && Array.isArray(tool.tools) ? tool.tools : []));
  const all = [...listed, ...inner.filter(isJsonObject)];
  return new Set(all.flatMap(({ type, name }) => (type === "custom" && typeof name === "string" ? [name] : [])));
}
