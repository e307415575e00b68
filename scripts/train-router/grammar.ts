import { seededChance } from "../../src/core/learn/chance.ts";
import { TASK_CLASSES, type TaskClass } from "../../src/core/routing/task-class.ts";
import { type Example, exampleOf } from "./sources.ts";

/** The lines of a grammar by the name of their section. */
export type Grammar = ReadonlyMap<string, readonly string[]>;

/** Reads sections `[name]` of one line an entry; `#` starts a comment. */
export function parseGrammar(text: string): Grammar {
  const sections = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of text.split("\n")) {
    const name = /^\[(.+)\]$/u.exec(line)?.[1];
    if (name !== undefined) {
      lines = [];
      sections.set(name, lines);
    } else if (line !== "" && !line.startsWith("#")) lines.push(line);
  }
  return sections;
}

interface Speaker {
  readonly grammar: Grammar;
  readonly chance: () => number;
  /** Pieces of code and logs that may be pasted beside a request. */
  readonly pasted: readonly string[];
}

function pick({ chance }: Speaker, lines: readonly string[]): string {
  return lines[Math.floor(chance() * lines.length)] ?? "";
}

function say(speaker: Speaker, section: string): string {
  return pick(speaker, speaker.grammar.get(section) ?? []);
}

const SLOTS: readonly (readonly [slot: string, section: string])[] = [
  ["{o}", "object"],
  ["{n}", "new"],
  ["{e}", "error"],
];

function ask(speaker: Speaker, taskClass: TaskClass): string {
  let words = say(speaker, `ask ${taskClass}`);
  for (const [slot, section] of SLOTS) words = words.replaceAll(slot, () => say(speaker, section));
  if (speaker.chance() >= 0.35) return words;
  const stop = /[?.!]$/u.test(words) || speaker.chance() < 0.5 ? "" : ".";
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}${stop}`;
}

/** A request amid what people say around it: their situation, or what they do not want. */
function surround(speaker: Speaker, taskClass: TaskClass, request: string): readonly string[] {
  const { chance } = speaker;
  const shape = chance();
  if (shape < 0.3) {
    const told = Array.from({ length: 1 + Math.floor(chance() * 3) }, () => say(speaker, "context"));
    return chance() < 0.6 ? [...told, request] : [request, ...told];
  }
  if (shape >= 0.5) return [request];
  const others = TASK_CLASSES.filter((name) => name !== taskClass && name !== "general");
  const denial = say(speaker, `deny ${pick(speaker, others)}`);
  const said = chance() < 0.5 ? [request, denial] : [denial, request];
  return chance() < 0.3 ? [say(speaker, "context"), ...said] : said;
}

function paste(speaker: Speaker, taskClass: TaskClass, words: string): string {
  if (taskClass === "general" || speaker.chance() >= 0.25) return words;
  const block = pick(speaker, speaker.pasted);
  return speaker.chance() < 0.5 ? `${words}\n\n${block}` : `${block}\n\n${words}`;
}

function speak(speaker: Speaker, taskClass: TaskClass): string {
  const { chance } = speaker;
  const parts = [...surround(speaker, taskClass, ask(speaker, taskClass))];
  if (chance() < 0.2) parts.unshift(say(speaker, "opener"));
  if (chance() < 0.15) parts.push(say(speaker, "closer"));
  const words = paste(speaker, taskClass, parts.join(chance() < 0.8 ? " " : "\n"));
  return chance() < 0.25 ? words.toLowerCase() : words;
}

const LONGEST_PASTE = 1_500;

/** The fenced blocks of examples: what the classes share must not tell them apart. */
function blocksOf(examples: readonly Example[]): readonly string[] {
  const texts = examples.filter(({ taskClass }) => taskClass !== "general").map(({ text }) => text);
  return texts.flatMap((text) => text.match(/```[\s\S]*?```/gu) ?? []).filter((block) => block.length < LONGEST_PASTE);
}

/** As many prompts of each class as asked for, put together by chance from a seed; code comes from the given examples. */
export function speakPrompts(
  grammar: Grammar,
  examples: readonly Example[],
  { perClass, seed }: { readonly perClass: number; readonly seed: number },
): readonly Example[] {
  const speaker: Speaker = { grammar, chance: seededChance(seed), pasted: blocksOf(examples) };
  return TASK_CLASSES.flatMap((taskClass) =>
    Array.from({ length: perClass }, () => exampleOf(speak(speaker, taskClass), taskClass, "grammar")),
  );
}
