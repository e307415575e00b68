import type { Vote } from "../rating/vote.ts";
import type { TaskClass } from "../routing/task-class.ts";
import type { Check } from "./check.ts";

/** A prompt that models are compared on. */
export interface TournamentPrompt {
  /** The beginning of the SHA-256 of class and text, so that the same prompt has one name everywhere. */
  readonly id: string;
  readonly taskClass: TaskClass;
  readonly text: string;
  /** How a program tells whether an answer is right; null where only a reader can. */
  readonly check: Check | null;
}

/** What is compared, as it was set up. */
export interface Tournament {
  readonly id: string;
  /** Unix ms. */
  readonly at: number;
  /** Where the prompts are from: `suite bug_fix`, `prompts.txt`. */
  readonly source: string;
  /** As they are asked for: `provider/model` or an alias. */
  readonly models: readonly string[];
  readonly prompts: readonly TournamentPrompt[];
  readonly maxOutputTokens: number;
  readonly temperature: number;
}

/** An answer as it is kept. Times in milliseconds; cost in USD, null where no price is known. */
export interface StoredAnswer {
  readonly text: string;
  /** `provider/model` that answered. */
  readonly model: string;
  readonly requestId: string;
  readonly finish: string | null;
  readonly costUsd: number | null;
  readonly outputTokens: number | null;
  readonly firstTextMs: number | null;
  readonly tookMs: number;
}

/** Who compares: a person who saw no names, a model, or a program that knows what is right. */
export type VoterKind = "person" | "judge" | "check";

/** One comparison of two models' answers to one prompt. The voter of a judge is `judge:MODEL`, that of checks `check`. */
export interface Match extends Vote {
  readonly tournament: string;
  readonly prompt: string;
  readonly taskClass: TaskClass;
  readonly voter: string;
  readonly kind: VoterKind;
  /** Unix ms. */
  readonly at: number;
  /** Of a judge: whether both orders of the answers gave the same; null for others. */
  readonly isConsistent: boolean | null;
}

/** Where tournaments are kept; answers by what was asked, so that nothing is paid for twice. */
export interface TournamentStore {
  save(tournament: Tournament): void;
  find(id: string): Tournament | null;
  /** Newest first. */
  list(limit: number): readonly Tournament[];
  /** In place of one of the same key; the oldest make room. */
  saveAnswer(key: string, at: number, answer: StoredAnswer): void;
  answer(key: string): StoredAnswer | null;
  /** In place of an earlier one of the same voter about the same prompt and models. */
  saveMatch(match: Match): void;
  /** In the order in which they were made. */
  matches(tournament: string): readonly Match[];
  remove(id: string): boolean;
  close(): void;
}
