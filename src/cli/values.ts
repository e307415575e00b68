import { failure, type Result, success } from "../core/result.ts";
import { didYouMean } from "../core/suggest.ts";
import type { Flag } from "./command.ts";

/** A parsed flag value. */
export type Value = string | number | boolean;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function readInteger(text: string): Result<number, string> {
  return /^-?\d{1,15}$/.test(text) ? success(Number(text)) : failure("must be a whole number");
}

function readPort(text: string): Result<number, string> {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  return port >= 0 && port <= 65_535 ? success(port) : failure("must be a port, 0 to 65535 (0 takes any free one)");
}

/** A duration such as `250ms`, `10s`, `5m`, `24h`, `7d`, in milliseconds. */
export function readDuration(text: string): Result<number, string> {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (match === null) return failure("must be a duration such as 250ms, 10s, 5m, 24h or 7d");
  return success(Number(match[1]) * (UNIT_MS[match[2] ?? ""] ?? 0));
}

/** A yes or no as environments write it. */
function readBoolean(text: string): Result<boolean, string> {
  if (/^(1|true|yes|on)$/i.test(text)) return success(true);
  if (/^(0|false|no|off)$/i.test(text)) return success(false);
  return failure("must be true or false");
}

function readOption(text: string, options: readonly string[]): Result<string, string> {
  if (options.includes(text)) return success(text);
  return failure(`must be one of ${options.join(", ")}.${didYouMean(text, options)}`);
}

/** The value of a flag from its text, or what is wrong with it (a clause that follows the flag's name). */
export function readValue(flag: Flag, text: string): Result<Value, string> {
  if (flag.type === "boolean") return readBoolean(text);
  if (flag.type === "enum") return readOption(text, flag.options ?? []);
  switch (flag.value) {
    case "integer":
      return readInteger(text);
    case "port":
      return readPort(text);
    case "duration":
      return readDuration(text);
    default:
      return success(text);
  }
}
