import { fnv1a } from "../fnv.ts";
import { plainOutput } from "./plain-output.ts";

/** What differs from run to run though the failure is the same, and what stands for it. */
const NORMALISED: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, "<uuid>"],
  [/\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?/g, "<time>"],
  [/\b\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?\b/g, "<time>"],
  [/\b0x[0-9a-f]+\b/gi, "<address>"],
  [/(?:file:\/\/)?(?:[A-Za-z]:)?(?:[\\/][\w.@+~ -]*[\w.@+~-])+[\\/]([\w.@+~-]+)/g, "$1"],
  [/\b\d+(?:[.,]\d+)?\s?(?:ns|µs|us|ms|s|sec|secs|seconds?|m|min|minutes?)\b/gi, "<duration>"],
  [/(\.\w{1,5}):\d+(?::\d+)?/g, "$1:<line>"],
  [/\b(lines?|pid|PID|process|thread|port) \d+/g, "$1 <number>"],
  [/\((\d+)\) panicked/g, "(<number>) panicked"],
  [/(\.java|\.kt):\d+/g, "$1:<line>"],
  [/^\s*>?\s*\d+ \|/gm, "<line> |"],
];

const TELLING =
  /error|fail|expect|assert|panic|exception|not ok|undefined|cannot|can't|received|got\b|want|denied|unclosed|✗|✕|^E\s|^\s*at /i;

function normalise(line: string): string {
  let text = line;
  for (const [pattern, stand] of NORMALISED) text = text.replace(pattern, stand);
  return text.replace(/\s+/g, " ").trim();
}

/**
 * A short name of how a command failed, the same for the same failure: addresses, times, durations, folders, line numbers and
 * the order of lines do not count, values that a test found do. Lines that tell of a failure count alone where there are any.
 */
export function fingerprintOf(output: string): string {
  const lines = plainOutput(output).split("\n");
  const telling = lines.filter((line) => TELLING.test(line) && !/^\s*at /.test(line));
  const counted = (telling.length > 0 ? telling : lines).map(normalise).filter((line) => line !== "");
  const text = [...new Set(counted)].toSorted().join("\n");
  const half = (salt: string): string =>
    fnv1a(salt + text)
      .toString(16)
      .padStart(8, "0");
  return half("1\n") + half("2\n");
}
