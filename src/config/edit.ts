import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { type Document, isMap, isSeq, parseDocument } from "yaml";
import { failure, type Result, success } from "../core/result.ts";
import { parseConfig } from "./layer.ts";
import type { ConfigProblem } from "./problem.ts";

/** A provider block as it is written, e.g. `{ extends: "openai", key: "env:WORK_KEY" }`. */
export type NewBlock = Readonly<Record<string, unknown>>;

/** Applies a change to the text, which stays byte for byte where nothing changed, and refuses the result if it would not load. */
function edit(
  text: string,
  file: string,
  change: (document: Document) => void,
): Result<string, readonly ConfigProblem[]> {
  const before = parseConfig(text, file);
  if (!before.ok) return before;
  const document: Document = parseDocument(text);
  const untouched = document.toString({ lineWidth: 0 });
  change(document);
  const edited = document.toString({ lineWidth: 0 });
  if (edited === untouched) return success(text);
  const after = parseConfig(edited, file);
  return after.ok ? success(edited) : failure(after.error);
}

/** The text of a configuration file with a provider's block added or replaced. Comments and order are kept. */
export function addProvider(
  text: string,
  file: string,
  name: string,
  block: NewBlock,
): Result<string, readonly ConfigProblem[]> {
  return edit(text, file, (document) => {
    if (!isMap(document.get("providers", true))) document.set("providers", document.createNode({}));
    document.setIn(["providers", name], document.createNode(block));
  });
}

/** The text without a provider's block; unchanged when there is none. */
export function removeProvider(text: string, file: string, name: string): Result<string, readonly ConfigProblem[]> {
  return edit(text, file, (document) => {
    if (isMap(document.get("providers", true))) document.deleteIn(["providers", name]);
  });
}

/** A budget as it is written, e.g. `{ scope: "global", period: "month", limitUsd: 30 }`. */
export interface NewBudget extends NewBlock {
  readonly scope: string;
  readonly name?: string;
  readonly period: string;
}

function isSameBudget(item: unknown, { scope, name, period }: NewBudget): boolean {
  return (
    isMap(item) &&
    item.get("scope") === scope &&
    (item.get("name") ?? undefined) === name &&
    item.get("period") === period
  );
}

/** The text with a budget added, or put in place of the one of the same scope, name and period. Comments are kept. */
export function addBudget(text: string, file: string, budget: NewBudget): Result<string, readonly ConfigProblem[]> {
  return edit(text, file, (document) => {
    const list = document.get("budgets", true);
    const node = document.createNode(budget, { flow: true });
    if (!isSeq(list)) {
      document.set("budgets", document.createNode([node]));
      return;
    }
    const index = list.items.findIndex((item) => isSameBudget(item, budget));
    if (index === -1) list.add(node);
    else list.set(index, node);
  });
}

/** The text without a budget; unchanged when there is none. */
export function removeBudget(text: string, file: string, budget: NewBudget): Result<string, readonly ConfigProblem[]> {
  return edit(text, file, (document) => {
    const list = document.get("budgets", true);
    if (!isSeq(list)) return;
    const index = list.items.findIndex((item) => isSameBudget(item, budget));
    if (index === -1) return;
    if (list.items.length === 1) document.delete("budgets");
    else list.delete(index);
  });
}

/** The text with your own rates of a model set, or taken out (null). Comments and order are kept. */
export function setPriceOverride(
  text: string,
  file: string,
  model: string,
  rates: Readonly<Record<string, number>> | null,
): Result<string, readonly ConfigProblem[]> {
  return edit(text, file, (document) => {
    const isThere = isMap(document.getIn(["prices", "overrides"], true));
    if (rates === null) {
      if (isThere) document.deleteIn(["prices", "overrides", model]);
      for (const path of [["prices", "overrides"], ["prices"]]) {
        const map = document.getIn(path, true);
        if (isMap(map) && map.items.length === 0) document.deleteIn(path);
      }
      return;
    }
    if (!isMap(document.get("prices", true))) document.set("prices", document.createNode({}));
    if (!isThere) document.setIn(["prices", "overrides"], document.createNode({}));
    const before = document.getIn(["prices", "overrides", model], true);
    if (isMap(before)) for (const [name, rate] of Object.entries(rates)) before.set(name, rate);
    else document.setIn(["prices", "overrides", model], document.createNode(rates));
  });
}

/** A routing rule as it is written. */
export interface NewRule extends NewBlock {
  readonly name: string;
  readonly tags: readonly string[];
  readonly when: { readonly task: string };
  readonly do: { readonly target: string } | { readonly chain: readonly string[] };
}

function indexOfRule(rules: unknown, name: string): number {
  return isSeq(rules) ? rules.items.findIndex((item) => isMap(item) && item.get("name") === name) : -1;
}

/** The text with a routing rule added, or put in place of the one of the same name. Comments and order are kept. */
export function setRule(text: string, file: string, rule: NewRule): Result<string, readonly ConfigProblem[]> {
  return edit(text, file, (document) => {
    if (!isMap(document.get("routing", true))) document.set("routing", document.createNode({}));
    const node = document.createNode(rule, { flow: true });
    const rules = document.getIn(["routing", "rules"], true);
    const index = indexOfRule(rules, rule.name);
    if (!isSeq(rules)) document.setIn(["routing", "rules"], document.createNode([node]));
    else if (index === -1) rules.add(node);
    else rules.set(index, node);
  });
}

/** The text without a routing rule; unchanged when there is none. */
export function removeRule(text: string, file: string, name: string): Result<string, readonly ConfigProblem[]> {
  return edit(text, file, (document) => {
    const rules = document.getIn(["routing", "rules"], true);
    const index = indexOfRule(rules, name);
    if (index === -1 || !isSeq(rules)) return;
    if (rules.items.length > 1) rules.delete(index);
    else document.deleteIn(["routing", "rules"]);
    const routing = document.get("routing", true);
    if (isMap(routing) && routing.items.length === 0) document.delete("routing");
  });
}

/** Writes a configuration file whole or not at all, keeping its mode (0600 for a new one). Throws when the disk refuses. */
export function writeConfigFile(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const mode = existsSync(file) ? statSync(file).mode & 0o777 : 0o600;
  const temporary = `${file}.${process.pid}.new`;
  rmSync(temporary, { force: true });
  const handle = openSync(temporary, "wx", mode);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  chmodSync(temporary, mode);
  renameSync(temporary, file);
}
