import { isJsonObject, parseJson } from "../../core/json.ts";
import type { Redactor } from "../../core/redact.ts";
import { errorText } from "../private-file.ts";
import type { LogLevel } from "./log.ts";

/** One entry before it is text. `at` is Unix milliseconds. */
export interface LogEntry {
  readonly at: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Longest string that is kept inside a line, longest line, and what the redactor is given at once. Characters. */
const MAX_STRING = 4096;
const MAX_LINE = 32_768;
const MAX_REDACTED = 65_536;
const OWN_NAMES = new Set(["time", "level", "message"]);

/**
 * Removes secrets from a string and then shortens it. What lies beyond the redactor's window is cut off together with a margin,
 * so that a secret that straddles the window cannot show its first half.
 */
function clean(text: string, redactor: Redactor): string {
  const isCut = text.length > MAX_REDACTED;
  const redacted = redactor.redact(isCut ? text.slice(0, MAX_REDACTED) : text);
  const room = Math.min(MAX_STRING, isCut ? Math.max(0, redacted.length - MAX_STRING) : redacted.length);
  return room < redacted.length || isCut ? `${redacted.slice(0, room)}… (${text.length} characters)` : redacted;
}

function plain(value: unknown, redactor: Redactor): unknown {
  if (typeof value === "string") return clean(value, redactor);
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error) {
    return { name: value.name, message: clean(value.message, redactor), stack: clean(value.stack ?? "", redactor) };
  }
  return value;
}

/** The entry as one line of JSON without secrets and without the line end; never throws, whatever the fields hold. */
export function jsonLine(entry: LogEntry, redactor: Redactor): string {
  const head = { time: new Date(entry.at).toISOString(), level: entry.level, message: clean(entry.message, redactor) };
  const line = redactor.redact(stringify(head, entry.fields, redactor));
  return line.length <= MAX_LINE ? line : JSON.stringify({ ...head, fieldsDropped: `${line.length} characters` });
}

function stringify(head: object, fields: LogEntry["fields"], redactor: Redactor): string {
  try {
    const own = Object.entries(fields).map(([name, value]) => [
      OWN_NAMES.has(name) ? `${name}_` : name,
      plain(value, redactor),
    ]);
    const line = { ...head, ...Object.fromEntries(own) };
    const isFlat = own.every(([, value]) => typeof value !== "object" || value === null);
    return JSON.stringify(line, isFlat ? undefined : (_name, value) => plain(value, redactor));
  } catch (error) {
    return JSON.stringify({ ...head, fieldsDropped: clean(errorText(error), redactor) });
  }
}

/** The same entry for a person at a terminal: `12:00:01 warn  message name=value`. Control characters are made visible. */
export function textLine(entry: LogEntry, redactor: Redactor): string {
  const line = jsonLine(entry, redactor);
  const json = parseJson(line);
  // A registered secret that looks like JSON syntax may have taken quotes with it.
  if (!isJsonObject(json)) return visible(line);
  const { time, level, message, ...fields } = json;
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${shown(value)}`);
  return `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${visible(String(message))}${pairs.join("")}`;
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w.:/@%+-]+$/.test(text) ? text : visible(JSON.stringify(value));
}

/** A client's text must not move the cursor or forge lines (terminal escapes in logs). */
function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
