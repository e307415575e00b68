import { failure, type Result, success } from "../core/result.ts";
import { didYouMean } from "../core/suggest.ts";
import { type CliProblem, usageProblem } from "../terminal/problem.ts";
import type { Environment } from "../terminal/terminal.ts";
import { aliasesOf, type Flag, type Flags, kebabCase } from "./command.ts";
import { readValue, type Value } from "./values.ts";

/** A command line taken apart. */
export interface Parsed {
  /** By camelCase name; lists for repeatable flags; absent flags without default are missing. */
  readonly values: Readonly<Record<string, Value | readonly Value[]>>;
  /** What stood behind `--`, where the command takes no positional for it. */
  readonly rest: readonly string[];
  readonly isHelp: boolean;
}

interface Named {
  readonly name: string;
  readonly flag: Flag;
}

/** State of one parse: what was given so far. */
interface Given {
  readonly values: Map<string, Value[]>;
  readonly positionals: string[];
  rest: string[];
  isHelp: boolean;
}

type Step = Result<number, CliProblem>;

function namedFlags(flags: Flags): readonly Named[] {
  return Object.entries(flags)
    .filter(([, flag]) => flag.type !== "positional")
    .map(([name, flag]) => ({ name, flag }));
}

function positionalsOf(flags: Flags): readonly Named[] {
  return Object.entries(flags)
    .filter(([, flag]) => flag.type === "positional")
    .map(([name, flag]) => ({ name, flag }));
}

function findLong(flags: Flags, word: string): (Named & { readonly isNegated: boolean }) | undefined {
  for (const named of namedFlags(flags)) {
    const long = kebabCase(named.name);
    if (word === long || (word.length > 1 && aliasesOf(named.flag).includes(word)))
      return { ...named, isNegated: false };
    if (word === `no-${long}` && named.flag.type === "boolean") return { ...named, isNegated: true };
  }
  return undefined;
}

function unknownFlag(flags: Flags, shown: string, path: string): CliProblem {
  const known = [...namedFlags(flags).map(({ name }) => `--${kebabCase(name)}`), "--help"];
  return usageProblem(
    "unknown_flag",
    `unknown flag ${shown}.${didYouMean(shown, known)}`,
    `${path} --help lists the flags`,
  );
}

function store(given: Given, named: Named, shown: string, text: string, path: string): CliProblem | undefined {
  const value = readValue(named.flag, text);
  if (!value.ok) return usageProblem("bad_value", `${shown} ${value.error} (given: "${text}")`, `see ${path} --help`);
  return put(given, named, shown, value.value, path);
}

function put(given: Given, named: Named, shown: string, value: Value, path: string): CliProblem | undefined {
  const before = given.values.get(named.name) ?? [];
  if (before.length > 0 && named.flag.isRepeatable !== true) {
    return usageProblem("flag_repeated", `${shown} was given twice; it takes one value`, `see ${path} --help`);
  }
  given.values.set(named.name, [...before, value]);
  return undefined;
}

/** Whether a token can be the value of the flag before it: anything but another flag; `-` and negative numbers are values. */
function isValueToken(token: string | undefined): token is string {
  return token !== undefined && (!token.startsWith("-") || token === "-" || /^-\d/.test(token));
}

function missingValue(named: Named, shown: string, path: string): CliProblem {
  const hint = named.flag.valueHint ?? "VALUE";
  return usageProblem("missing_value", `${shown} needs a value`, `${path} ${shown} ${hint}`);
}

function readLong(given: Given, flags: Flags, tokens: readonly string[], at: number, path: string): Step {
  const token = tokens[at] ?? "";
  const equals = token.indexOf("=");
  const word = equals < 0 ? token.slice(2) : token.slice(2, equals);
  const inline = equals < 0 ? undefined : token.slice(equals + 1);
  const shown = `--${word}`;
  const found = findLong(flags, word);
  if (found === undefined) return failure(unknownFlag(flags, shown, path));
  if (found.isNegated && inline !== undefined) {
    return failure(usageProblem("bad_value", `${shown} takes no value`, `see ${path} --help`));
  }
  if (found.flag.type === "boolean" && inline === undefined) {
    const problem = put(given, found, shown, !found.isNegated, path);
    return problem === undefined ? success(at + 1) : failure(problem);
  }
  const next = tokens[at + 1];
  const own = inline ?? found.flag.bare;
  const text = own ?? (isValueToken(next) ? next : undefined);
  if (text === undefined) return failure(missingValue(found, shown, path));
  const problem = store(given, found, shown, text, path);
  if (problem !== undefined) return failure(problem);
  return success(own === undefined ? at + 2 : at + 1);
}

/** `-f value`, `-fvalue`, `-f=value`, and clusters of yes-or-no flags such as `-fj`. */
function readShort(given: Given, flags: Flags, tokens: readonly string[], at: number, path: string): Step {
  const letters = (tokens[at] ?? "").slice(1);
  for (let index = 0; index < letters.length; index++) {
    const letter = letters[index] ?? "";
    const shown = `-${letter}`;
    const named = namedFlags(flags).find(({ flag }) => aliasesOf(flag).includes(letter));
    if (named === undefined) return failure(unknownFlag(flags, shown, path));
    if (named.flag.type === "boolean") {
      const problem = put(given, named, shown, true, path);
      if (problem !== undefined) return failure(problem);
      continue;
    }
    const glued = letters.slice(index + 1).replace(/^=/, "") || (named.flag.bare ?? "");
    const next = tokens[at + 1];
    const text = glued === "" ? (isValueToken(next) ? next : undefined) : glued;
    if (text === undefined) return failure(missingValue(named, shown, path));
    const problem = store(given, named, shown, text, path);
    if (problem !== undefined) return failure(problem);
    return success(glued === "" ? at + 2 : at + 1);
  }
  return success(at + 1);
}

function readTokens(given: Given, flags: Flags, tokens: readonly string[], path: string): CliProblem | undefined {
  let at = 0;
  while (at < tokens.length) {
    const token = tokens[at] ?? "";
    if (token === "--") {
      given.rest = tokens.slice(at + 1);
      return undefined;
    }
    if (token === "--help" || token === "-h") {
      given.isHelp = true;
      return undefined;
    }
    if (!token.startsWith("-") || token === "-") {
      given.positionals.push(token);
      at += 1;
      continue;
    }
    const step = (token.startsWith("--") ? readLong : readShort)(given, flags, tokens, at, path);
    if (!step.ok) return step.error;
    at = step.value;
  }
  return undefined;
}

/** Hands the loose words to the positionals in order; words behind `--` count as loose where a command takes positionals, unless one leaves them as they are. */
function placePositionals(given: Given, flags: Flags, path: string): CliProblem | undefined {
  const slots = positionalsOf(flags);
  const isLoose = slots.length > 0 && slots.every(({ flag }) => flag.restName === undefined);
  const words = isLoose ? [...given.positionals, ...given.rest] : given.positionals;
  if (isLoose) given.rest = [];
  let at = 0;
  for (const slot of slots) {
    const taken = slot.flag.isRepeatable === true ? words.slice(at) : words.slice(at, at + 1);
    at += taken.length;
    for (const word of taken) {
      const problem = store(given, slot, slot.name.toUpperCase(), word, path);
      if (problem !== undefined) return problem;
    }
    if (taken.length === 0 && slot.flag.required === true) {
      const name = slot.name.toUpperCase();
      return usageProblem(
        "missing_argument",
        `${path} needs ${name}: ${slot.flag.description ?? ""}`,
        `${path} ${name}`,
      );
    }
  }
  const extra = words[at];
  if (extra === undefined) return undefined;
  return usageProblem("unexpected_argument", `${path} does not take "${extra}"`, `${path} --help shows what it takes`);
}

function fillFromEnvironment(
  given: Given,
  flags: Flags,
  environment: Environment,
  path: string,
): CliProblem | undefined {
  for (const named of namedFlags(flags)) {
    const variable = named.flag.env;
    const text = variable === undefined ? undefined : environment[variable];
    if (variable === undefined || text === undefined || text === "" || given.values.has(named.name)) continue;
    const problem = store(given, named, variable, text, path);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The value a flag has when it is not given; a default is written as on a command line. */
function defaultOf(flag: Flag): Value | undefined {
  const written = flag.default;
  if (written === undefined) return flag.type === "boolean" ? false : undefined;
  if (typeof written !== "string") return written;
  const value = readValue(flag, written);
  return value.ok ? value.value : written;
}

function finish(given: Given, flags: Flags, path: string): Result<Parsed, CliProblem> {
  const values: Record<string, Value | readonly Value[]> = {};
  for (const [name, flag] of Object.entries(flags)) {
    const list = given.values.get(name) ?? [];
    const first = list[0] ?? defaultOf(flag);
    if (flag.isRepeatable === true) values[name] = list;
    else if (first !== undefined) values[name] = first;
    else if (flag.required === true && flag.type !== "positional") {
      const hint = `--${kebabCase(name)} ${flag.valueHint ?? "VALUE"}`;
      return failure(usageProblem("missing_flag", `${path} needs ${hint}`, `${path} ${hint}`));
    }
  }
  return success({ values, rest: given.rest, isHelp: given.isHelp });
}

/**
 * Takes the words after a command's name apart, strictly: unknown flags, missing or malformed values, repeats and extra
 * words are problems that say what was meant. `path` is the command as typed, for messages. `--help` anywhere before
 * `--` wins over later mistakes; environment twins fill in what was not given.
 */
export function parseFlags(
  tokens: readonly string[],
  flags: Flags,
  environment: Environment,
  path: string,
): Result<Parsed, CliProblem> {
  const given: Given = { values: new Map(), positionals: [], rest: [], isHelp: false };
  const problem = readTokens(given, flags, tokens, path);
  if (given.isHelp) return success({ values: {}, rest: [], isHelp: true });
  const failed =
    problem ?? placePositionals(given, flags, path) ?? fillFromEnvironment(given, flags, environment, path);
  return failed === undefined ? finish(given, flags, path) : failure(failed);
}
