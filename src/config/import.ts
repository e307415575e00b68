import { failure, type Result, success } from "../core/result.ts";
import { importAider } from "./import/aider.ts";
import { importClaudeCodeRouter } from "./import/claude-code-router.ts";
import { type Draft, renderDraft } from "./import/draft.ts";
import { importLitellm } from "./import/litellm.ts";
import { parseConfig } from "./layer.ts";
import type { ConfigProblem } from "./problem.ts";
import { readYaml } from "./yaml-source.ts";

/** The tools whose configuration can be imported, by the word of the command line. */
export const IMPORTERS = { litellm: importLitellm, ccr: importClaudeCodeRouter, aider: importAider } as const;

/** A tool whose configuration can be imported. */
export type ImportKind = keyof typeof IMPORTERS;

/** What an import gives: the text of our file, and what it could not carry, one sentence each. */
export interface Imported {
  readonly text: string;
  readonly notes: readonly string[];
}

/** Turns another tool's configuration into ours. The result always loads; a key that stood in the file is not in it. */
export function importConfig(kind: ImportKind, text: string, file: string): Result<Imported, readonly ConfigProblem[]> {
  const source = readYaml(text, file);
  if (!source.ok) return source;
  const draft: Draft = IMPORTERS[kind](source.value.value);
  const rendered = renderDraft(draft, file);
  const checked = parseConfig(rendered, file);
  return checked.ok ? success({ text: rendered, notes: draft.notes }) : failure(checked.error);
}
