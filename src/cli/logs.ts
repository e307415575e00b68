import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../core/json.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatTime } from "../terminal/format.ts";
import { plainText } from "../terminal/table.ts";
import type { Colours } from "../terminal/terminal.ts";
import { defineCommand } from "./command.ts";
import { locate } from "./connection.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;

type Level = (typeof LEVELS)[number];

function levelOf(entry: JsonObject): Level {
  return LEVELS.find((level) => level === entry.level) ?? "info";
}

function paintLevel(level: Level, style: Colours): string {
  const word = level.padEnd(5);
  if (level === "error") return style.red(word);
  if (level === "warn") return style.yellow(word);
  return level === "debug" ? style.dim(word) : word;
}

function shown(value: JsonValue): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return plainText(/^[\w.:/@%+-]+$/.test(text) ? text : JSON.stringify(value));
}

/** A line of the log for a person: time, level, message, then the fields. */
export function logLine(entry: JsonObject, now: number, style: Colours): string {
  const { time, level: _level, message, ...fields } = entry;
  const at = typeof time === "string" ? Date.parse(time) : Number.NaN;
  const when = Number.isNaN(at) ? "" : formatTime(at, now);
  const pairs = Object.entries(fields).map(([name, value]) => style.dim(` ${name}=${shown(value)}`));
  return `${when} ${paintLevel(levelOf(entry), style)} ${plainText(String(message ?? ""))}${pairs.join("")}`;
}

export const command = defineCommand({
  meta: {
    name: "logs",
    description: "The daemon's log, structured and through its rotated files",
    group: "See",
    examples: [
      ["lodestar logs -f", "the last lines, then what comes"],
      ["lodestar logs --level warn --json -n 1000", "warnings and errors as NDJSON"],
    ],
  },
  args: {
    follow: { type: "boolean", alias: "f", description: "go on with what is written" },
    lines: {
      type: "string",
      value: "integer",
      alias: "n",
      default: "50",
      valueHint: "COUNT",
      description: "how many of the last lines",
    },
    level: { type: "enum", options: [...LEVELS], default: "debug", description: "only this level and above" },
    ...jsonFlag,
    stateDir: daemonFlags.stateDir,
    config: daemonFlags.config,
  },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const location = await locate(host, args);
    if (!location.ok) return location.error;
    const backend = await host.backend();
    const least = LEVELS.indexOf(args.level);
    const view = { history: args.lines, isFollowing: args.follow, signal: host.signal };
    let count = 0;
    for await (const line of backend.followLog(location.value.stateDir, view)) {
      const json = parseJson(line);
      const entry = isJsonObject(json) ? json : { message: line };
      if (LEVELS.indexOf(levelOf(entry)) < least) continue;
      count += 1;
      terminal.out(args.json ? line : logLine(entry, host.now(), terminal.style));
    }
    if (count === 0 && !args.follow) terminal.talk(`no log lines in ${location.value.stateDir}`);
    return EXIT_CODES.ok;
  },
});
