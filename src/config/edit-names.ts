import { type Document, isMap, parseDocument } from "yaml";
import { failure, type Result, success } from "../core/result.ts";
import { parseConfig } from "./layer.ts";
import type { ConfigProblem } from "./problem.ts";
import { parseProjectFile } from "./project-file.ts";

/** A name in a configuration: an alias for a model, or what `auto` asks first in a project. */
export type NewName =
  | { readonly kind: "alias"; readonly name: string; readonly model: string }
  | { readonly kind: "default"; readonly model: string };

/** Which file is edited: the user's own, or a project's. */
export type NamesFile = "own" | "project";

function setIn(document: Document, section: string, name: string, value: unknown): void {
  if (!isMap(document.get(section, true))) document.set(section, document.createNode({}));
  document.setIn([section, name], document.createNode(value, { flow: true }));
}

/** The default chain with a model in front; what stood there stays behind it. */
function chainWith(document: Document, model: string): readonly unknown[] {
  const { chains } = (document.toJS() ?? {}) as { readonly chains?: { readonly default?: unknown } };
  const before = chains?.default;
  return [model, ...(Array.isArray(before) ? before.filter((entry) => entry !== model) : [])];
}

/** The text with a name set; comments and order are kept, and a result that would not load is refused. */
export function setName(
  text: string,
  file: string,
  which: NamesFile,
  name: NewName,
): Result<string, readonly ConfigProblem[]> {
  const parse = which === "own" ? parseConfig : parseProjectFile;
  const before = parse(text, file);
  if (!before.ok) return before;
  const document: Document = parseDocument(text);
  if (name.kind === "alias") setIn(document, "aliases", name.name, name.model);
  else setIn(document, "chains", "default", chainWith(document, name.model));
  const edited = document.toString({ lineWidth: 0 });
  const after = parse(edited, file);
  return after.ok ? success(edited) : failure(after.error);
}
