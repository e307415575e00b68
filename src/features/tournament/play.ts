import type { Verdict } from "../../core/rating/vote.ts";
import { isDecided, nextPairing, type PairingQuestion, pairingKey } from "../../core/tournament/pairing.ts";
import type { Match, Tournament, TournamentPrompt, VoterKind } from "../../core/tournament/tournament.ts";

/** Why no further match was played. */
export type PlayEnd = "separated" | "nothing_left" | "enough" | "budget" | "stopped";

/** Two answers side by side. */
export interface Table {
  readonly prompt: TournamentPrompt;
  readonly left: string;
  readonly right: string;
}

/** What came of a match: a verdict; or it cannot be played at all, or not now; or no further one is to be. */
export type Played =
  | { readonly kind: "verdict"; readonly winner: Verdict; readonly isConsistent: boolean | null }
  | { readonly kind: "skipped" }
  | { readonly kind: "ended"; readonly why: "budget" | "stopped" };

/** What a series of matches needs. */
export interface PlayParts extends Pick<PairingQuestion, "costOf" | "hasAnswer" | "isOut"> {
  readonly tournament: Tournament;
  readonly voter: string;
  readonly kind: VoterKind;
  /** Matches of this kind that were played before. */
  readonly before: readonly Match[];
  readonly most: number;
  /** Goes on when the best is surely the best. */
  readonly isOpenEnded: boolean;
  /** From 0 to 1: below one half the models keep their sides. */
  random(): number;
  /** Unix ms. */
  now(): number;
  play(table: Table): Promise<Played>;
  onMatch(match: Match): void;
}

/** What a series came to. */
export interface Series {
  readonly matches: readonly Match[];
  readonly end: PlayEnd;
}

/**
 * Plays the match that is worth most for its price, on sides drawn by chance, again and again: until the best is surely the best
 * (95 %), there are `most`, nothing is left to compare, or playing ends it.
 */
export async function playSeries(parts: PlayParts): Promise<Series> {
  const { tournament, voter, kind, before, most, isOpenEnded, random, now, play, onMatch, ...costs } = parts;
  const matches: Match[] = [];
  const own = before.filter((match) => match.voter === voter);
  const done = new Set(own.map(({ prompt, left, right }) => pairingKey(prompt, [left, right])));
  const isDone: PairingQuestion["isDone"] = (prompt, models) => done.has(pairingKey(prompt, models));
  while (matches.length < most) {
    const all = [...before, ...matches];
    if (!isOpenEnded && isDecided(tournament, all)) return { matches, end: "separated" };
    const pairing = nextPairing({ ...costs, tournament, matches: all, isDone });
    if (pairing === null) return { matches, end: "nothing_left" };
    const [one, other] = pairing.models;
    const [left, right] = random() < 0.5 ? [one, other] : [other, one];
    const { prompt } = pairing;
    const played = await play({ prompt, left, right });
    if (played.kind === "ended") return { matches, end: played.why };
    done.add(pairingKey(prompt.id, pairing.models));
    if (played.kind === "skipped") continue;
    const { winner, isConsistent } = played;
    const match: Match = {
      tournament: tournament.id,
      prompt: prompt.id,
      taskClass: prompt.taskClass,
      left,
      right,
      winner,
      voter,
      kind,
      at: now(),
      isConsistent,
    };
    matches.push(match);
    onMatch(match);
  }
  return { matches, end: "enough" };
}
