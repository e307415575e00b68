import * as v from "valibot";
import { parse } from "yaml";
import { failure, type Result, success } from "../core/result.ts";
import type { Rule } from "../core/routing/rules/rule.ts";
import { RulesSchema } from "./schema-rules.ts";

/** The list of rules in a YAML text: the whole text, or what stands under `routing: { rules: … }` in it. */
function listIn(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const { routing, rules } = value as { readonly routing?: unknown; readonly rules?: unknown };
  return routing === undefined ? rules : listIn(routing);
}

/** Reads rules from a text of their own. The error says what is wrong, for people. */
export function parseRules(text: string): Result<readonly Rule[], string> {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error));
  }
  const read = v.safeParse(RulesSchema, listIn(value));
  if (read.success) return success(read.output ?? []);
  const [first] = read.issues;
  const path = (first.path ?? []).map(({ key }) => String(key)).join(".");
  return failure(`rules${path === "" ? "" : `.${path}`} ${first.message}`);
}
