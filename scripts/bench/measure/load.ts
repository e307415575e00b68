import { bun, ROOT } from "../../step.ts";
import type { LoadResult, Manner } from "../load/job.ts";
import type { Target, TargetName } from "../targets/target.ts";
import { type Script, scriptWords } from "../upstream/script.ts";
import { cpuMsOf } from "./process.ts";

/** A load on one target. */
export interface Load {
  readonly target: Target;
  readonly script: Script;
  readonly manner: Manner;
  /** Characters of prompt; a short one when absent. */
  readonly promptChars?: number;
}

/** What came of it. `cpuMs` is the target's; 0 where there is no process between. */
export interface Loaded extends LoadResult {
  readonly cpuMs: number;
}

/** A load whose streams are held open. */
export interface HeldLoad {
  readonly begun: Promise<void>;
  end(): Promise<LoadResult>;
}

/** Requests sent so far, by process: the ledger is held against this. */
export const sentTo = new Map<number, number>();

/** What a gateway writes behind the requests (rows, log lines) belongs to their cost. */
const WRITE_BEHIND_MS = 120;
const TURN_CHARS = 2_000;
const WORDS = "The quick brown fox reads the configuration file, changes a line and runs the tests again. ";

function turnsOf(chars: number): readonly { readonly role: string; readonly content: string }[] {
  const content = WORDS.repeat(Math.ceil(TURN_CHARS / WORDS.length)).slice(0, TURN_CHARS);
  return Array.from({ length: Math.floor(chars / TURN_CHARS) }, (_, index) => ({
    role: index % 2 === 0 ? "user" : "assistant",
    content,
  }));
}

function bodyOf({ target, script, manner, promptChars = 0 }: Load): string {
  const words = scriptWords(script, manner.kind === "leave" ? "{mark}" : "");
  const isStream = script.kind === "sse" || script.kind === "bulk";
  return JSON.stringify({
    model: target.model,
    messages: [
      { role: "system", content: words },
      ...turnsOf(promptChars),
      { role: "user", content: "Say something." },
    ],
    temperature: 0.2,
    ...(isStream ? { stream: true, stream_options: { include_usage: true } } : {}),
  });
}

function start(load: Load) {
  const { port, path, headers } = load.target;
  const job = { destination: { port, path, headers, body: bodyOf(load) }, manner: load.manner };
  const child = Bun.spawn([...bun(`${ROOT}scripts/bench/load.ts`)], { stdin: "pipe", stdout: "pipe" });
  child.stdin.write(`${JSON.stringify(job)}\n`);
  void child.stdin.flush();
  return child;
}

function note({ target }: Load, result: LoadResult): void {
  if (target.pid !== null) sentTo.set(target.pid, (sentTo.get(target.pid) ?? 0) + result.sent);
}

function failureOf(name: TargetName, result: LoadResult): Error {
  const { sent, answered, firstFailure } = result;
  return new Error(`${name} answered ${answered} of ${sent} requests; the first failure: ${firstFailure}`);
}

/** Runs a load to its end. Throws when a request was not answered whole, unless its client left. */
export async function run(load: Load): Promise<Loaded> {
  const { pid, name } = load.target;
  const before = pid === null ? 0 : cpuMsOf(pid);
  const child = start(load);
  const lines = (await new Response(child.stdout).text()).trim();
  // Written by the load generator of this very benchmark.
  const result = JSON.parse(lines) as LoadResult;
  note(load, result);
  if (load.manner.kind !== "leave" && result.answered < result.sent) throw failureOf(name, result);
  await Bun.sleep(WRITE_BEHIND_MS);
  return { ...result, cpuMs: pid === null ? 0 : cpuMsOf(pid) - before };
}

/** Opens streams that stay open until `end`. */
export function hold(load: Load): HeldLoad {
  const child = start(load);
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const begun = reader.read().then(({ value }) => {
    text = decoder.decode(value);
  });
  return {
    begun,
    async end() {
      await child.stdin.end();
      for (let next = await reader.read(); next.value !== undefined; next = await reader.read()) {
        text += decoder.decode(next.value);
      }
      const result = JSON.parse(text.trim().split("\n").at(-1) ?? "") as LoadResult;
      note(load, result);
      return result;
    },
  };
}
